/* SPDX-License-Identifier: BSD-3-Clause */
/* holdfast-replay: plays scenario files against the resolver core. See README.md. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/replay/expected.h"
#include "tests/replay/play.h"
#include "tests/replay/spoil.h"

enum { SECONDS_MAX = 30 }; /* real time; a scenario takes milliseconds */

struct options {
	bool trace, spoil, quiet;
	struct expected expected;
};

struct tally {
	unsigned passed, failed, skipped, unexpected, spoiled, unseen;
};

/* Play path with its spoil-th error planted (0: none), in a process of its own. */
static void
play_file(const char *path, unsigned spoil, bool trace, struct play_result *result)
{
	struct rpl s;
	int rc = rpl_load(&s, path);

	*result = (struct play_result){.verdict = PLAY_SKIP};
	if (rc != 0 && rc != -EINVAL)
		result->verdict = PLAY_FAIL;
	if (rc != 0)
		snprintf(result->why, sizeof(result->why), "%s", s.why);
	else if (spoil > 0 && !spoil_plant(&s, spoil, result->why, sizeof(result->why)))
		result->verdict = PLAY_PASS; /* no such error: the caller stops */
	else
		play_scenario(&s, trace, result);
	rpl_fini(&s);
}

static void
child(const char *path, unsigned spoil, bool trace, int out)
{
	struct play_result result;
	ssize_t done;

	alarm(SECONDS_MAX);
	play_file(path, spoil, trace, &result);
	done = write(out, &result, sizeof(result));
	exit(done == (ssize_t)sizeof(result) ? 0 : 1);
}

static void
play_apart(const char *path, unsigned spoil, bool trace, struct play_result *result)
{
	int fd[2], status = 0;
	pid_t pid;

	fflush(NULL);
	if (pipe(fd) != 0 || (pid = fork()) < 0) {
		perror("holdfast-replay");
		exit(2);
	}
	if (pid == 0) {
		close(fd[0]);
		child(path, spoil, trace, fd[1]);
	}
	close(fd[1]);
	ssize_t got = read(fd[0], result, sizeof(*result));

	close(fd[0]);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0 && got == (ssize_t)sizeof(*result))
		return;
	*result = (struct play_result){.verdict = PLAY_FAIL};
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
		snprintf(result->why, sizeof(result->why), "hangs: over %d s", SECONDS_MAX);
	else if (WIFSIGNALED(status))
		snprintf(result->why, sizeof(result->why), "killed by signal %d", WTERMSIG(status));
	else
		snprintf(
		    result->why, sizeof(result->why), "exited with status %d", WEXITSTATUS(status));
}

static void
say(const char *path, const struct play_result *r, const char *note)
{
	static const char *const words[] = {"PASS", "FAIL", "SKIP"};

	printf("%s %s", words[r->verdict], path);
	if (r->at_step && r->verdict != PLAY_PASS)
		printf(": step %ld", r->step);
	if (r->why[0] != '\0')
		printf(": %s", r->why);
	printf("%s%s\n", note[0] != '\0' ? " -- " : "", note);
}

/* Every planted error must be found, at the step where it was planted. */
static void
try_spoils(const char *path, struct tally *t)
{
	for (unsigned n = 1;; n++) {
		struct play_result r;
		char what[SPOIL_TEXT_LEN];
		struct rpl s;
		bool there = rpl_load(&s, path) == 0 && spoil_plant(&s, n, what, sizeof(what));
		long step = there ? spoil_step(what) : 0;

		rpl_fini(&s);
		if (!there)
			return;
		play_apart(path, n, false, &r);
		t->spoiled++;
		if (r.verdict == PLAY_FAIL && r.at_step && r.step == step)
			continue;
		t->unseen++;
		printf("UNSEEN %s: %s\n", path, what);
	}
}

static void
one_file(const struct options *o, const char *path, struct tally *t)
{
	struct play_result r;
	const struct expected_line *known = expected_find(&o->expected, path);
	bool wrong;
	const char *note = "";

	play_apart(path, 0, o->trace, &r);
	t->passed += r.verdict == PLAY_PASS;
	t->failed += r.verdict == PLAY_FAIL;
	t->skipped += r.verdict == PLAY_SKIP;
	wrong = known != NULL ? r.verdict == PLAY_PASS : r.verdict == PLAY_FAIL;
	if (o->expected.given && known == NULL && r.verdict == PLAY_SKIP)
		wrong = true;
	t->unexpected += wrong;
	if (known != NULL)
		note = r.verdict == PLAY_PASS ? "is in EXPECTED, but passes" : known->reason;
	if (!o->quiet || wrong)
		say(path, &r, note);
	if (o->spoil && r.verdict == PLAY_PASS)
		try_spoils(path, t);
}

static void
usage(FILE *to)
{
	fputs("usage: holdfast-replay [-q] [-t] [-s] [-e EXPECTED] FILE...\n"
	      "  -e FILE  what may fail or be skipped, a line each: path, blank, reason\n"
	      "  -q       only what goes wrong\n"
	      "  -s       plant an error in each check of each file that passes\n"
	      "  -t       say what goes over the wire\n",
	    to);
}

static bool
options_read(int argc, char **argv, struct options *o)
{
	int c;

	while ((c = getopt(argc, argv, "e:qsth")) != -1) {
		switch (c) {
		case 'e':
			if (expected_load(&o->expected, optarg) != 0)
				return false;
			break;
		case 'q':
			o->quiet = true;
			break;
		case 's':
			o->spoil = true;
			break;
		case 't':
			o->trace = true;
			break;
		default:
			return false;
		}
	}
	return optind < argc;
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	struct tally t = {0};
	bool bad;

	if (!options_read(argc, argv, &o)) {
		usage(stderr);
		return 2;
	}
	for (int i = optind; i < argc; i++)
		one_file(&o, argv[i], &t);
	bad = o.expected.given ? t.unexpected > 0 : t.failed > 0;
	if (o.spoil)
		printf("%u of %u planted errors found\n", t.spoiled - t.unseen, t.spoiled);
	printf("%u passed, %u failed, %u skipped\n", t.passed, t.failed, t.skipped);
	expected_fini(&o.expected);
	return bad || t.unseen > 0 ? 1 : 0;
}
