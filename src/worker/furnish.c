#include "worker/furnish.h"

#include <sys/mman.h>

#include "worker/cgi.h"
#include "worker/status.h"

static void *
reserve(size_t len)
{
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* Address space only, until it is used. */
static int
give_memory(struct conn *c)
{
	size_t each = (c->conf->params_max + 4095) & ~(size_t)4095;
	char *base = reserve(each * c->conf->max_reqs);
	unsigned i;

	c->out.buf = reserve(OUT_LEN);
	if (base == NULL || c->out.buf == NULL)
		return -1;
	for (i = 0; i < c->conf->max_reqs; i++) {
		c->request[i].arena = base + i * each;
		c->request[i].conn = c;
		c->request[i].slot = i;
	}
	return 0;
}

static void
add(struct conn *c, const struct handler *handler, void *ctx)
{
	c->handlers[c->nhandlers++] = (struct conn_handler){ handler, ctx };
}

static int
add_status(struct conn *c)
{
	struct status *status = status_new(c->conf, c->place);

	if (status == NULL)
		return -1;
	add(c, status_handler(), status);
	return 0;
}

int
furnish_conn(struct conn *c, const struct worker_conf *conf,
    const struct place *place, struct trouble *trouble, int null_fd)
{
	struct cgi *cgi = cgi_new(conf, trouble, null_fd);

	if (cgi == NULL)
		return -1;
	c->conf = conf;
	c->place = place;
	c->fd = -1;
	c->seed = reqid_seed();
	if ((conf->status_path != NULL || conf->ping_path != NULL) &&
	    add_status(c) == -1)
		return -1;
	add(c, cgi_handler(), cgi);
	return give_memory(c);
}
