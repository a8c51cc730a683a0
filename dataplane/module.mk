# holdfast-dataplane: links DPDK, jemalloc and libc, nothing else (of liburcu it takes a header:
# barriers). Under a sanitizer its malloc is the sanitizer's, so that it sees the cache.
dpdk_cflags := $(shell pkg-config --cflags libdpdk 2>/dev/null)
dpdk_libs := $(shell pkg-config --libs libdpdk 2>/dev/null)
cflags_dataplane := $(dpdk_cflags)

# The hit path once more for each kind of CPU; which one is used is chosen at start (hit.h). movbe
# would take numbers by way of memory that are in registers.
ifeq ($(shell uname -m),x86_64)
hit_ways := dataplane/hit_avx2.c dataplane/hit_avx512.c
$(O)/dataplane/hit_avx2.o: cflags_dataplane += -march=x86-64-v3 -mno-movbe -maes
$(O)/dataplane/hit_avx512.o: cflags_dataplane += -march=x86-64-v4 -mno-movbe -maes -mvaes -mavx512vbmi -mavx512vnni
endif

dataplane_src := \
	dataplane/access.c \
	dataplane/batch.c \
	dataplane/bell.c \
	dataplane/bucket.c \
	dataplane/domain.c \
	dataplane/entry.c \
	dataplane/evict.c \
	dataplane/exception.c \
	dataplane/gate.c \
	dataplane/guard.c \
	dataplane/hash.c \
	dataplane/hit.c \
	$(hit_ways) \
	dataplane/holder.c \
	dataplane/idle.c \
	dataplane/neighbour.c \
	dataplane/options.c \
	dataplane/packet.c \
	dataplane/pending.c \
	dataplane/policy.c \
	dataplane/port.c \
	dataplane/readers.c \
	dataplane/realtime.c \
	dataplane/rss.c \
	dataplane/sample.c \
	dataplane/segments.c \
	dataplane/serve.c \
	dataplane/stats.c \
	dataplane/survey.c \
	dataplane/table.c \
	dataplane/timers.c \
	dataplane/waker.c \
	dataplane/worker.c \
	dataplane/writer.c

programs += holdfast-dataplane
main_holdfast-dataplane := dataplane/main.c
parts_holdfast-dataplane := dataplane hf
libs_holdfast-dataplane := $(dpdk_libs) $(if $(SAN),,-ljemalloc) -lpthread
program_src += dataplane/main.c
