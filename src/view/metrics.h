/* metrics.h - a pool as metrics, for Prometheus and its kin.
 *
 * Names begin with cgifpm_ and end with their unit, every sample has the
 * label pool, and nothing of a request becomes a label.  Layer: view.
 */
#ifndef VIEW_METRICS_H
#define VIEW_METRICS_H

#include <stdio.h>

#include "board/snapshot.h"

enum metrics_dialect {
	METRICS_OPEN, /* OpenMetrics 1.0 */
	METRICS_TEXT  /* Prometheus' own, 0.0.4: a counter's family has its
			 _total, and there are no units */
};

void metrics_put(
    FILE *out, const struct snapshot *s, enum metrics_dialect dialect);

#endif
