# The parts that the programs share. lib/ includes nothing above it.
lib_base_src := \
	lib/base/access.c \
	lib/base/addr.c \
	lib/base/arena.c \
	lib/base/clock.c \
	lib/base/date.c \
	lib/base/log.c \
	lib/base/nat64.c \
	lib/base/prefix.c \
	lib/base/rand.c \
	lib/base/sha256.c \
	lib/base/siphash.c \
	lib/base/units.c

lib_wire_src := \
	lib/wire/cookie.c \
	lib/wire/cut.c \
	lib/wire/identity.c \
	lib/wire/message.c \
	lib/wire/name.c \
	lib/wire/rdata.c \
	lib/wire/reply.c \
	lib/wire/rotate.c \
	lib/wire/text.c \
	lib/wire/writer.c

lib_link_src := \
	lib/link/join.c \
	lib/link/latency.c \
	lib/link/link.c \
	lib/link/msg.c \
	lib/link/ring.c \
	lib/link/socket.c \
	lib/link/welcome.c

lib_audit_src := \
	lib/audit/chain.c \
	lib/audit/log.c

lib_config_src := \
	lib/config/config.c \
	lib/config/keys.c \
	lib/config/rdatatext.c \
	lib/config/schema.c \
	lib/config/zonetext.c
