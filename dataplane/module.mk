# holdfast-dataplane: links DPDK, liburcu, jemalloc and libc, nothing else.
dpdk_cflags := $(shell pkg-config --cflags libdpdk 2>/dev/null)
dpdk_libs := $(shell pkg-config --libs libdpdk 2>/dev/null)
cflags_dataplane := $(dpdk_cflags)

dataplane_src :=

programs += holdfast-dataplane
main_holdfast-dataplane := dataplane/main.c
parts_holdfast-dataplane := dataplane hf
libs_holdfast-dataplane := $(dpdk_libs) -lurcu-qsbr -ljemalloc -lpthread
program_src += dataplane/main.c
