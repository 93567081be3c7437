/* page.h - the status page for people: one document, which asks for nothing
 * but itself.
 *
 * Its text is page.html, with the figures as JSON in it.  Layer: view.
 */
#ifndef VIEW_PAGE_H
#define VIEW_PAGE_H

#include <stdio.h>

/* POOL is its name, JSON its figures, NONCE what the scripts and styles of
 * Content-Security-Policy have. */
void page_put(FILE *out, const char *pool, const char *json, const char *nonce);

#endif
