/* replay.c - give a target every file of its corpus, without libFuzzer.
 *
 * Files or folders are arguments; without any, the corpus beside the source.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static unsigned done;

static int
replay_file(const char *path, size_t len)
{
	FILE *f = fopen(path, "rb");
	/* Exactly as large as the input, so that ASan guards its end. */
	uint8_t *data = malloc(len > 0 ? len : 1);
	int rc = -1;

	if (f != NULL && data != NULL && fread(data, 1, len, f) == len) {
		(void)LLVMFuzzerTestOneInput(data, len);
		done++;
		rc = 0;
	} else {
		perror(path);
	}
	if (f != NULL)
		(void)fclose(f);
	free(data);
	return rc;
}

static int
replay(const char *path)
{
	struct stat st;
	struct dirent *entry;
	char below[4096];
	DIR *dir;
	int rc = 0;

	if (stat(path, &st) != 0) {
		perror(path);
		return -1;
	}
	if (!S_ISDIR(st.st_mode))
		return replay_file(path, (size_t)st.st_size);
	dir = opendir(path);
	if (dir == NULL) {
		perror(path);
		return -1;
	}
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(
		    below, sizeof(below), "%s/%s", path, entry->d_name);
		rc = replay(below);
	}
	(void)closedir(dir);
	return rc;
}

int
main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char corpus[4096];
	int rc = 0;

	for (int i = 1; rc == 0 && i < argc; i++)
		rc = replay(argv[i]);
	if (argc == 1) {
		(void)snprintf(corpus, sizeof(corpus),
		    "%s/tests/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".",
		    CORPUS);
		rc = replay(corpus);
	}
	(void)printf("%u inputs\n", done);
	return rc == 0 && done > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
