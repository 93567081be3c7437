/* connrig.h - a connection without processes: a worker's connection code on
 * one end of a socket, a scripted peer and a handler of a few lines on the
 * other, all in one thread.
 *
 * The peer sends its pieces one a turn, reads all that comes, and looks at
 * every record of it; then it closes in the way that was asked for.  Where
 * it is to keep the connection open, it closes once nothing happens any
 * more, so that no stream takes longer than its turns.
 *
 * Requests are answered by the handler of echo.h.
 */
#ifndef UNIT_CONNRIG_H
#define UNIT_CONNRIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/board.h"
#include "worker/conn.h"

enum peer_end {
	PEER_KEEPS,   /* until nothing happens any more */
	PEER_CLOSES,  /* after its last byte */
	PEER_HALVES,  /* shutdown(SHUT_WR); reads to the end */
	PEER_RESETS,  /* over TCP: close() with SO_LINGER 0 */
	PEER_VANISHES /* before its bytes are looked at */
};
#define PEER_ENDS 5

/* What a peer sends. */
struct peer_script {
	const uint8_t *at;
	size_t len;
	size_t cut;    /* where the first piece ends; 0: all in one */
	bool bytewise; /* each byte is a piece */
	bool prompt;   /* the next piece comes the moment a request ends */
	enum peer_end end;
};

/* What one connection was. */
struct connrig_seen {
	enum conn_result result;
	unsigned ends;     /* END_REQUEST records */
	unsigned complete; /* of these with REQUEST_COMPLETE */
	unsigned management;
	uint16_t last_end; /* id of the last of these */
	unsigned started;  /* requests that reached the handler */
	uint64_t accepted; /* what the counters say of it ... */
	uint64_t protocol_errors;
};

struct connrig;

/* With fastcgi.max_reqs = MAX_REQS and request_params_max = PARAMS_MAX. */
struct connrig *connrig_new(unsigned max_reqs, size_t params_max);
void connrig_free(struct connrig *rig);
/* Serve one connection.  NULL, or what was wrong with it: a record that no
 * server may send, requests that the counters lost, a turn without end. */
const char *connrig_run(struct connrig *rig, const struct peer_script *script,
    struct connrig_seen *seen);
/* Has the last request of this id been ended, by END_REQUEST? */
bool connrig_ended(const struct connrig *rig, uint16_t id);
/* Bytes that the peer got in the last run. */
const uint8_t *connrig_output(const struct connrig *rig, size_t *len);

#endif
