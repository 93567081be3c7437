#include "worker/peek.h"

#include <sys/socket.h>

#include "proto/fcgi.h"
#include "worker/status.h"

struct view {
	uint16_t id; /* 0: no request yet */
	bool complete;
	struct params *params;
};

/* False: it is not for us, or not certain. */
static bool
take(struct view *v, const struct fcgi_head *head, struct span body)
{
	switch (head->type) {
	case FCGI_BEGIN_REQUEST:
		if (v->id != 0 || head->id == 0)
			return false;
		v->id = head->id;
		return true;
	case FCGI_PARAMS:
		if (head->id != v->id || v->complete)
			return false;
		v->complete = head->body_len == 0;
		return v->complete ? params_finish(v->params) == PARAMS_OK
				   : params_feed(v->params, body) == PARAMS_OK;
	case FCGI_STDIN:
		return v->complete && head->id == v->id;
	default:
		return false;
	}
}

/* May what follows HEAD, of which only the begin is there, be for us? */
static bool
may_go_on(const struct view *v, const struct fcgi_head *head)
{
	if (head->type == FCGI_BEGIN_REQUEST)
		return v->id == 0 && head->id != 0;
	return head->type == FCGI_PARAMS && v->id != 0 && head->id == v->id &&
	    !v->complete;
}

enum peek_whose
peek_at(struct span in, struct params *p, const struct worker_conf *conf)
{
	struct view v = { .params = p };
	struct fcgi_head head;
	enum fcgi_err err;

	while ((err = fcgi_get_head(&in, &head)) == FCGI_OK) {
		struct span body = { in.at, head.body_len };
		size_t len = (size_t)head.body_len + head.pad_len;

		/* Only of the body may there be less than announced. */
		if (len > in.len && !(v.complete && head.type == FCGI_STDIN))
			return may_go_on(&v, &head) ? PEEK_CUT : PEEK_OTHERS;
		if (!take(&v, &head, body))
			return PEEK_OTHERS;
		if (len > in.len)
			break;
		in.at += len;
		in.len -= len;
	}
	if (!v.complete)
		return err == FCGI_MORE ? PEEK_CUT : PEEK_OTHERS;
	return status_page_of(conf, p) != STATUS_NONE ? PEEK_OURS : PEEK_OTHERS;
}

enum peek_whose
peek(struct conn *c, int fd)
{
	struct request *r = &c->request[0];
	ssize_t n =
	    recv(fd, c->window, sizeof(c->window), MSG_PEEK | MSG_DONTWAIT);
	enum peek_whose whose;

	if (n <= 0)
		return PEEK_OTHERS;
	params_reset(&r->params, r->arena, c->conf->params_max);
	whose =
	    peek_at((struct span){ c->window, (size_t)n }, &r->params, c->conf);
	/* What does not fit in there will never be seen whole. */
	return whose == PEEK_CUT && (size_t)n == sizeof(c->window) ? PEEK_OTHERS
								   : whose;
}
