# holdfast-controlplane: recursion, validation, policy store, admin socket.
# resolver_src is the resolver core: no I/O, no clock; the replay harness links it alone.
resolver_src := \
	controlplane/policy.c \
	controlplane/resolver/axfr.c \
	controlplane/resolver/buckets.c \
	controlplane/resolver/budget.c \
	controlplane/resolver/cache.c \
	controlplane/resolver/caches.c \
	controlplane/resolver/chain.c \
	controlplane/resolver/choose.c \
	controlplane/resolver/cookie.c \
	controlplane/resolver/delegation.c \
	controlplane/resolver/grace.c \
	controlplane/resolver/exchange.c \
	controlplane/resolver/facts.c \
	controlplane/resolver/fastfail.c \
	controlplane/resolver/flight.c \
	controlplane/resolver/ghost.c \
	controlplane/resolver/hints.c \
	controlplane/resolver/jostle.c \
	controlplane/resolver/local.c \
	controlplane/resolver/lookup.c \
	controlplane/resolver/lost.c \
	controlplane/resolver/minimise.c \
	controlplane/resolver/nap.c \
	controlplane/resolver/note.c \
	controlplane/resolver/nsaddr.c \
	controlplane/resolver/outcome.c \
	controlplane/resolver/pack.c \
	controlplane/resolver/pack_part.c \
	controlplane/resolver/pages.c \
	controlplane/resolver/past.c \
	controlplane/resolver/proof.c \
	controlplane/resolver/query.c \
	controlplane/resolver/question.c \
	controlplane/resolver/ranges.c \
	controlplane/resolver/reader.c \
	controlplane/resolver/receive.c \
	controlplane/resolver/render.c \
	controlplane/resolver/resolver.c \
	controlplane/resolver/response.c \
	controlplane/resolver/rootcopy.c \
	controlplane/resolver/route.c \
	controlplane/resolver/send.c \
	controlplane/resolver/sentinel.c \
	controlplane/resolver/server.c \
	controlplane/resolver/share.c \
	controlplane/resolver/suffix.c \
	controlplane/resolver/synth.c \
	controlplane/resolver/table.c \
	controlplane/resolver/task.c \
	controlplane/resolver/toil.c \
	controlplane/resolver/trace.c \
	controlplane/resolver/trouble.c \
	controlplane/resolver/verify.c \
	controlplane/shadow.c \
	controlplane/trust.c

controlplane_src := \
	controlplane/admin.c \
	controlplane/anchors.c \
	controlplane/answer.c \
	controlplane/audit.c \
	controlplane/call.c \
	controlplane/channel.c \
	controlplane/client.c \
	controlplane/command_anchor.c \
	controlplane/command_audit.c \
	controlplane/command_cache.c \
	controlplane/command_cookie.c \
	controlplane/cookies.c \
	controlplane/command_latency.c \
	controlplane/command_nta.c \
	controlplane/command_stale.c \
	controlplane/command_status.c \
	controlplane/command_survey.c \
	controlplane/command_trace.c \
	controlplane/datagrams.c \
	controlplane/db.c \
	controlplane/engine.c \
	controlplane/keepwarm.c \
	controlplane/keyset.c \
	controlplane/link_client.c \
	controlplane/link_out.c \
	controlplane/listen.c \
	controlplane/local_zones.c \
	controlplane/nta.c \
	controlplane/nta_list.c \
	controlplane/options.c \
	controlplane/probe.c \
	controlplane/probe_json.c \
	controlplane/probe_search.c \
	controlplane/prober.c \
	controlplane/program.c \
	controlplane/public_suffixes.c \
	controlplane/recovery.c \
	controlplane/recursor.c \
	controlplane/rollover.c \
	controlplane/root_hints.c \
	controlplane/rootload.c \
	controlplane/schema.c \
	controlplane/service.c \
	controlplane/stale.c \
	controlplane/steady.c \
	controlplane/store.c \
	controlplane/store_nta.c \
	controlplane/store_point.c \
	controlplane/store_stale.c \
	controlplane/stream.c \
	controlplane/tcp.c \
	controlplane/trace_json.c \
	controlplane/tracer.c \
	controlplane/thread.c \
	controlplane/telemetry.c \
	controlplane/trust_point.c \
	controlplane/upstream.c \
	controlplane/waiting.c \
	controlplane/zones.c

programs += holdfast-controlplane
main_holdfast-controlplane := controlplane/main.c
parts_holdfast-controlplane := controlplane resolver validator hfconfig hf
libs_holdfast-controlplane := -levent -ljansson -lsqlite3 -lcrypto -lyaml -lpthread
program_src += controlplane/main.c
