# SPDX-License-Identifier: BSD-3-Clause
# Holdfast. `make help` lists what there is to make.
#
#   make                      the three programs, in build/
#   make CC=clang             with clang, in build-clang/
#   make SAN=asan             with ASan and UBSan, in build-asan/ (SAN=tsan: TSan)
#   make O=/some/where        objects and programs elsewhere

CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
SAN ?=
O ?= build$(if $(filter clang%,$(notdir $(CC))),-clang)$(if $(SAN),-$(SAN))

all: programs
Q := $(if $(V),,@)

WARN := -Wall -Wextra -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes -Werror
OPT ?= -O2 -g
san_asan := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
san_tsan := -fsanitize=thread -fno-omit-frame-pointer
san_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=undefined
ifneq ($(SAN),)
$(if $(san_$(SAN)),,$(error SAN=$(SAN) is none of asan, tsan, fuzz))
endif
VERSION := 0.1.0
CFLAGS_ALL := -std=gnu17 -D_GNU_SOURCE -DHF_VERSION=\"$(VERSION)\" -I. $(WARN) $(OPT) $(san_$(SAN)) -fstack-protector-strong $(CFLAGS)
LDFLAGS_ALL := $(san_$(SAN)) -Wl,-z,relro,-z,now $(LDFLAGS)

include lib/module.mk dataplane/module.mk validator/module.mk controlplane/module.mk cli/module.mk
include tests/unit/module.mk tests/fuzz/module.mk tests/replay/module.mk tests/system/module.mk tests/bench/module.mk
include tests/badzones/module.mk tests/evil/module.mk
include scripts/module.mk

# --- objects and archives: one archive per part, so that a program takes what it uses
obj = $(patsubst %.c,$(O)/%.o,$(1))
parts := hf hfconfig validator resolver controlplane dataplane cli
hf_src := $(lib_base_src) $(lib_wire_src) $(lib_link_src) $(lib_audit_src)
hfconfig_src := $(lib_config_src)
define part_rule
$(O)/lib$(1).a: $$(call obj,$$($(1)_src))
	@rm -f $$@
	$$(Q)$(AR) rcsP $$@ $$^
endef
$(foreach p,$(parts),$(eval $(call part_rule,$(p))))
all_src := $(foreach p,$(parts),$($(p)_src)) $(program_src) $(test_src)


$(O)/%.o: %.c
	@mkdir -p $(@D)
	@[ -n "$(V)" ] || echo "  CC   $<"
	$(Q)$(CC) $(CFLAGS_ALL) $(cflags_$(firstword $(subst /, ,$<))) -MMD -MP -c $< -o $@

archive = $(patsubst %,$(O)/lib%.a,$(1))
define program_rule
$(O)/$(1): $$(call obj,$$(main_$(1))) $$(call archive,$$(parts_$(1)))
	@mkdir -p $$(@D)
	@[ -n "$(V)" ] || echo "  LD   $$@"
	$$(Q)$(CC) $$(LDFLAGS_ALL) $$(ldflags_$(1)) -o $$@ $$(call obj,$$(main_$(1))) \
	    -Wl,--start-group $$(call archive,$$(parts_$(1))) -Wl,--end-group $$(libs_$(1))
endef
$(foreach p,$(programs) $(unit_tests) $(fuzz_targets) $(replay_programs) $(system_programs) $(bench_programs) $(evil_programs),$(eval $(call program_rule,$(p))))

.PHONY: all programs
programs: $(addprefix $(O)/,$(programs)) ## build the three programs
unit-programs: $(addprefix $(O)/,$(unit_tests))

-include $(patsubst %.c,$(O)/%.d,$(all_src))
