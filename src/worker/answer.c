#include <stddef.h>

#include "worker/answer.h"

#define ANSWER(status, extra, text) \
	"Status: " status "\r\n"    \
	"Content-Type: text/plain\r\n" extra "\r\n" text "\n"

static const struct {
	int status;
	const char *text;
} answers[] = {
	{ 500,
	    ANSWER("500 Internal Server Error", "",
		"The program cannot be run.") },
	{ 400, ANSWER("400 Bad Request", "", "Bad request.") },
	{ 403, ANSWER("403 Forbidden", "", "Forbidden.") },
	{ 404, ANSWER("404 Not Found", "", "Not found.") },
	{ 408,
	    ANSWER("408 Request Timeout", "",
		"The request did not arrive in time.") },
	{ 413,
	    ANSWER("413 Payload Too Large", "",
		"The request body is too large.") },
	{ 431,
	    ANSWER("431 Request Header Fields Too Large", "",
		"The request's parameters are too large.") },
	{ 502,
	    ANSWER("502 Bad Gateway", "",
		"The program ended without an answer.") },
	{ 503,
	    ANSWER("503 Service Unavailable", "Retry-After: 1\r\n",
		"Overloaded, please try again.") },
	{ 504,
	    ANSWER("504 Gateway Timeout", "",
		"The program did not answer in time.") },
};

const char *
answer_text(int status)
{
	size_t i;

	for (i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
		if (answers[i].status == status)
			return answers[i].text;
	return answers[0].text;
}
