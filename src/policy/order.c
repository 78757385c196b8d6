/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "policy/order.h"

#include "policy/counter.h"

int ss_order_apply(const struct ss_order *order, int result,
		   const char *label1, const char *label2)
{
	uint64_t hash1, hash2;

	if (result == 0)
		return 0;
	switch (order->kind) {
	case SS_ORDER_LABEL:
		break;
	case SS_ORDER_REVERSE:
		return result == 1 ? 2 : result == 2 ? 1 : result;
	case SS_ORDER_NONE:
		return 3;
	case SS_ORDER_SHUFFLE:
		hash1 = ss_scramble_text(order->seed, label1);
		hash2 = ss_scramble_text(order->seed, label2);
		if (hash1 != hash2)
			return hash1 < hash2 ? 1 : 2;
		break;
	}
	return result;
}
