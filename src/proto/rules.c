#include "proto/rules.h"

static enum rules_act
management(uint8_t type)
{
	if (type == FCGI_GET_VALUES)
		return RULES_VALUES;
	if (type == FCGI_GET_VALUES_RESULT || type == FCGI_UNKNOWN_TYPE)
		return RULES_IGNORE; /* answers to what we never asked */
	/* An application record needs an id; of other types we say that we
	 * do not know them (section 4.2). */
	if (type >= FCGI_BEGIN_REQUEST && type <= FCGI_DATA)
		return RULES_CLOSE;
	return RULES_UNKNOWN;
}

static enum rules_act
body(const struct fcgi_head *head, enum rules_phase phase)
{
	switch (phase) {
	case RULES_NONE:
		return RULES_IGNORE;
	case RULES_PARAMS:
		return RULES_CLOSE; /* section 6.1: after the parameters */
	case RULES_STDIN:
		return RULES_BODY;
	case RULES_OUTPUT:
		return head->body_len == 0 ? RULES_IGNORE : RULES_CLOSE;
	}
	return RULES_CLOSE;
}

enum rules_act
rules_for(const struct fcgi_head *head, enum rules_phase phase)
{
	if (head->id == 0)
		return management(head->type);
	switch (head->type) {
	case FCGI_BEGIN_REQUEST:
		if (phase != RULES_NONE || head->body_len != FCGI_BEGIN_LEN)
			return RULES_CLOSE;
		return RULES_BEGIN;
	case FCGI_ABORT_REQUEST:
		return phase == RULES_NONE ? RULES_IGNORE : RULES_ABORT;
	case FCGI_PARAMS:
		if (phase == RULES_NONE)
			return RULES_IGNORE;
		return phase == RULES_PARAMS ? RULES_FEED : RULES_CLOSE;
	case FCGI_STDIN:
		return body(head, phase);
	default:
		/* What only an application sends, DATA (we are no filter),
		 * and types that do not exist. */
		return phase == RULES_NONE ? RULES_IGNORE : RULES_CLOSE;
	}
}
