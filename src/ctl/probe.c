#include "ctl/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sock.h"
#include "ctl/client.h"
#include "proto/fcgi.h"

#define REQUEST_MS 10000
#define HEAD_MAX 1024

static void
put_pair(uint8_t *at, size_t *len, const char *name, const char *value)
{
	*len += fcgi_put_pair(at + *len,
	    (struct fcgi_pair){
		.name = { (const uint8_t *)name, strlen(name) },
		.value = { (const uint8_t *)value, strlen(value) },
	    });
}

/* BEGIN_REQUEST and PARAMS of a GET that asks for nothing in particular; AT
 * has room for HEAD_MAX bytes. */
static size_t
build_request(uint8_t *at)
{
	struct fcgi_head head = { .type = FCGI_PARAMS, .id = 1 };
	uint8_t *body;
	size_t len, n = 0;

	len = fcgi_put_begin(at, 1, (struct fcgi_begin){ FCGI_RESPONDER, 0 });
	body = at + len + FCGI_HEAD_LEN;
	put_pair(body, &n, "GATEWAY_INTERFACE", "CGI/1.1");
	put_pair(body, &n, "SERVER_SOFTWARE", "cgi-fpmctl-check");
	put_pair(body, &n, "SERVER_PROTOCOL", "HTTP/1.1");
	put_pair(body, &n, "REQUEST_METHOD", "GET");
	put_pair(body, &n, "SCRIPT_NAME", "/cgi-fpmctl-check");
	put_pair(body, &n, "QUERY_STRING", "");
	head.body_len = (uint16_t)n;
	len += fcgi_put_head(at + len, &head) + n;
	head.body_len = 0;
	len += fcgi_put_head(at + len, &head);
	head.type = FCGI_STDIN;
	return len + fcgi_put_head(at + len, &head);
}

/* What the request brought, in words; is it well? */
static bool
judge(const struct client_result *got, int64_t took_ms, char *text, size_t cap)
{
	const char *why = client_strerror(got);
	bool ok = why == NULL && got->status < 500;

	if (why != NULL)
		(void)snprintf(text, cap, "a request failed: %s", why);
	else
		(void)snprintf(text, cap,
		    "answers, in %lld ms, with status %d and application "
		    "status %u%s",
		    (long long)took_ms, got->status, got->app_status,
		    ok ? "" : "; the error log may tell why");
	return ok;
}

bool
probe_ask(const char *address, char *text, size_t cap)
{
	uint8_t head[HEAD_MAX];
	struct client_result got;
	struct client_job job = { .id = 1, .body_fd = -1 };
	struct sock_addr addr;
	struct sock_error err;
	int64_t began = clock_ms();
	int fd;

	if (sock_parse(address, &addr, &err) == -1) {
		(void)snprintf(text, cap, "%s", err.text);
		return false;
	}
	fd = sock_connect(&addr, REQUEST_MS);
	if (fd == -1) {
		(void)snprintf(
		    text, cap, "cannot connect: %s", strerror(errno));
		return false;
	}
	job.head = (struct span){ head, build_request(head) };
	job.out_fd = job.err_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	job.deadline_ms = began + REQUEST_MS;
	client_run(fd, &job, &got);
	(void)close(fd);
	(void)close(job.out_fd);
	return judge(&got, clock_ms() - began, text, cap);
}
