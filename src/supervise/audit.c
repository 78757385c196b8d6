/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "supervise/audit.h"

#include <errno.h>
#include <limits.h>
#include <linux/kcmp.h>
#include <unistd.h>

#include "base/message.h"
#include "base/text.h"
#include "kernel/kcmp.h"
#include "kernel/proc.h"
#include "model/dump.h"
#include "report/log.h"
#include "supervise/session.h"

#define LABEL_MAX_BYTES	96
#define ANCESTORS_MAX	4096

/* What the kernel is asked, twice in the same words. */
struct inquiry {
	pid_t tid[2];
	int type;
	unsigned long idx[2];
	struct kcmp_epoll_slot slot;
};

struct ss_audit {
	/* whom the kernel judges when we ask */
	struct ss_proc_status self;
	uint64_t userns;
	pid_t pid;
	const struct ss_tids *earlier;	/* borrowed, or NULL */
	/* the question at hand */
	bool asked;
	bool leaving;		/* one of its tasks was about to exit */
	bool moving;		/* a call in flight changed one of its slots */
	struct inquiry inquiry;
	int before;
	uint64_t counts[SS_AUDIT_CLASS_COUNT];
};

int ss_audit_new(const struct ss_features *features,
		 const struct ss_tids *earlier, struct ss_audit **ret)
{
	struct ss_audit *audit;

	if (!features->has[SS_FEATURE_KCMP])
		return -EOPNOTSUPP;
	audit = calloc(1, sizeof(*audit));
	if (!audit)
		return -ENOMEM;
	audit->earlier = earlier;
	audit->pid = getpid();
	/* Not known: then nobody is taken to have the same rights as we. */
	if (ss_proc_status(audit->pid, &audit->self) ||
	    ss_proc_namespace(audit->pid, "user", &audit->userns))
		audit->userns = 0;
	*ret = audit;
	return 0;
}

void ss_audit_free(struct ss_audit *audit)
{
	free(audit);
}

/* Is it one of the program's tasks, whatever the model says? */
static bool is_inside(const struct ss_audit *audit, pid_t tid)
{
	struct ss_proc_status status;
	unsigned int i;

	for (i = 0; i < ANCESTORS_MAX && tid > 1; i++) {
		if (ss_proc_status(tid, &status))
			return false;
		if (status.ppid == audit->pid)
			return !audit->earlier ||
				!ss_tids_has(audit->earlier, status.tgid);
		tid = status.ppid;
	}
	/* Nobody outside has that many. */
	return i == ANCESTORS_MAX;
}

/* The process that has this number in the caller's nested pid namespace.  (Of
   threads there is no list.) */
static pid_t find_nested(const struct ss_pidns *ns, pid_t nr)
{
	struct ss_proc_status status;
	struct ss_tids all = { 0 };
	pid_t found = 0;
	size_t i;

	if (ss_proc_processes(&all))
		return 0;
	for (i = 0; i < all.count && !found; i++) {
		struct ss_proc_ns_chain chain;
		unsigned int up;

		if (ss_proc_status(all.tids[i], &status) ||
		    status.levels <= ns->level ||
		    status.nspid[ns->level] != nr ||
		    ss_proc_namespace_chain(all.tids[i], "pid", &chain))
			continue;
		/* The chain goes from its own namespace out. */
		up = status.levels - 1 - ns->level;
		if (up < chain.count && chain.ino[up] == ns->ino)
			found = all.tids[i];
	}
	ss_tids_release(&all);
	return found;
}

/* A task that the model does not know: one that it should know, or 0. */
static pid_t find_lost(const struct ss_audit *audit,
		       const struct ss_model *model, pid_t caller, pid_t nr)
{
	const struct ss_task *task = ss_model_task(model, caller);
	const struct ss_pidns *ns = task ? ss_task_pidns(task) : NULL;
	pid_t tid = ns ? find_nested(ns, nr) : nr;

	return tid && is_inside(audit, tid) ? tid : 0;
}

/* Says whose numbers are to be compared; false if the kernel cannot be asked
   about them. */
static bool translate(const struct ss_audit *audit,
		      const struct ss_model *model,
		      const struct ss_question *q, pid_t tid[2])
{
	bool nobody = false;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		tid[i] = q->task[i] ? q->task[i]->tid : 0;
		nobody = nobody || q->pid[i] <= 0;
		if (!q->task[i] && q->pid[i] > 0)
			tid[i] = find_lost(audit, model, q->caller,
					   q->pid[i]);
	}
	/* Zero and below are nobody's in every namespace. */
	return nobody || (tid[0] && tid[1]);
}

static bool is_leaving(const struct ss_task *task)
{
	return task && (task->leaving || task->group->dying);
}

/* May a call in flight change what it asks about on this side? */
static bool in_flight(const struct ss_question *q, unsigned int side)
{
	const struct ss_files *files = q->task[side] ?
		ss_task_files(q->task[side]) : NULL;
	uint64_t nr = q->idx[side];

	if (q->type == SS_TYPE_EPOLL_TFD && side)
		nr = q->slot.efd;
	else if (q->type != SS_TYPE_FILE && q->type != SS_TYPE_EPOLL_TFD)
		return false;
	return files && nr <= INT_MAX && ss_slot_flight(files, (int)nr, NULL);
}

static int inquire(const struct inquiry *inquiry)
{
	unsigned long idx2 = inquiry->type == KCMP_EPOLL_TFD ?
		(unsigned long)&inquiry->slot : inquiry->idx[1];

	return ss_kcmp(inquiry->tid[0], inquiry->tid[1], inquiry->type,
		       inquiry->idx[0], idx2);
}

static void ask(struct ss_audit *audit, const struct ss_model *model,
		const struct ss_question *q)
{
	struct inquiry *inquiry = &audit->inquiry;

	if (!translate(audit, model, q, inquiry->tid))
		return;
	inquiry->type = q->type;
	inquiry->idx[0] = (unsigned long)q->idx[0];
	inquiry->idx[1] = (unsigned long)q->idx[1];
	inquiry->slot = (struct kcmp_epoll_slot){
		.efd = q->slot.efd,
		.tfd = q->slot.tfd,
		.toff = q->slot.toff,
	};
	audit->leaving = is_leaving(q->task[0]) || is_leaving(q->task[1]);
	audit->moving = in_flight(q, 0) || in_flight(q, 1);
	audit->asked = true;
	audit->before = inquire(inquiry);
}

void ss_audit_before(struct ss_audit *audit,
		     const struct ss_model *model,
		     const struct ss_question *question)
{
	if (audit->asked ||
	    (question->type == SS_TYPE_EPOLL_TFD && !question->slot_read))
		return;
	ask(audit, model, question);
}

void ss_audit_lost(struct ss_audit *audit, pid_t caller)
{
	ss_error("audit: pid %d asked, and could not be told from any task: "
		 "ENOSYS", caller);
	audit->counts[SS_AUDIT_DIFFERS]++;
}

void ss_audit_cancel(struct ss_audit *audit)
{
	audit->asked = false;
}

/* "Equal or not", and the errno. */
static int essence(int result)
{
	return result > 0 ? 1 : result;
}

/*
 * Would the kernel judge the caller as it judges us?  Only if it has our
 * credentials, no Landlock domain of its own, and is not about itself.
 */
static bool same_rights(const struct ss_audit *audit,
			const struct ss_model *model,
			const struct ss_question *q)
{
	const struct ss_task *caller = ss_model_task(model, q->caller);
	const struct ss_proc_status *self = &audit->self;
	const struct ss_creds *creds;
	unsigned int i;

	if (!caller || caller->domain || !caller->creds_known)
		return false;
	creds = ss_task_creds(caller);
	for (i = 0; i < 2; i++) {
		if (!q->task[i] || q->task[i]->group == caller->group)
			return false;
	}
	/* What counts of a caller: real ids, effective id, capabilities. */
	return creds->userns && creds->userns->ino == audit->userns &&
		creds->uid[0] == self->uid[0] &&
		creds->uid[1] == self->uid[1] &&
		creds->gid[0] == self->gid[0] &&
		creds->permitted == self->cap_permitted &&
		creds->effective == self->cap_effective;
}

/* May what was seen there have been different just before or after? */
static bool is_moving(const struct ss_side *side)
{
	return side->in_flight || side->state == SS_SIDE_VOLATILE;
}

static enum ss_audit_class classify(const struct ss_audit *audit,
				    const struct ss_model *model,
				    const struct ss_question *q, int ours,
				    int after)
{
	if (ours == -EFAULT)
		return SS_AUDIT_MEMORY;
	if (!audit->asked)
		return SS_AUDIT_OUTSIDE;
	/* The kernel has not answered at all, or not the same. */
	if (audit->before == -ETIMEDOUT || after == -ETIMEDOUT ||
	    essence(audit->before) != essence(after))
		return SS_AUDIT_RACED;
	if (essence(ours) == essence(after))
		return SS_AUDIT_AGREES;
	if ((ours == -EPERM || after == -EPERM) &&
	    !same_rights(audit, model, q))
		return SS_AUDIT_PERMISSION;
	/* When exactly an exit happens nobody tells; and what calls in flight
	   replace or close may be back when the kernel is asked again. */
	if (audit->leaving || audit->moving ||
	    is_moving(&q->side[0]) || is_moving(&q->side[1]))
		return SS_AUDIT_RACED;
	return SS_AUDIT_DIFFERS;
}

static void report(const struct ss_model *model, const struct ss_question *q,
		   const struct ss_answer *answer, int kernel)
{
	const struct ss_answer theirs = {
		.child_errno = kernel < 0 ? -kernel : 0,
		.result = kernel < 0 ? 0 : kernel,
	};
	ss_cleanup_text struct ss_text text = { 0 };
	char label[LABEL_MAX_BYTES];
	unsigned int i;

	ss_log_format(model, q, answer, NULL, &text);
	ss_text_add_string(&text, ", but the kernel says ");
	ss_answer_format(&theirs, &text);
	for (i = 0; i < 2; i++) {
		ss_text_printf(&text, "; side %u: %s of ", i + 1,
			       ss_question_label(q, i, label, sizeof(label)));
		if (q->task[i])
			ss_task_dump(q->task[i], &text);
		else
			ss_text_add_string(&text, "nobody");
	}
	ss_error("audit: %s", ss_text_string(&text));
}

void ss_audit_after(struct ss_audit *audit, const struct ss_model *model,
		    const struct ss_question *question,
		    const struct ss_answer *answer)
{
	int ours = answer->child_errno ? -answer->child_errno : answer->result;
	enum ss_audit_class class;
	int after = 0;

	/* An epoll question that failed before its slot was read. */
	if (!audit->asked)
		ask(audit, model, question);
	if (audit->asked)
		after = inquire(&audit->inquiry);
	class = classify(audit, model, question, ours, after);
	audit->counts[class]++;
	if (class == SS_AUDIT_DIFFERS)
		report(model, question, answer, after);
	audit->asked = false;
}

uint64_t ss_audit_count(const struct ss_audit *audit,
			enum ss_audit_class which)
{
	return audit->counts[which];
}

int ss_audit_finish(const struct ss_audit *audit)
{
	static const struct {
		enum ss_audit_class class;
		const char *what;
	} apart[] = {
		{ SS_AUDIT_OUTSIDE, "about tasks outside" },
		{ SS_AUDIT_PERMISSION, "about permissions" },
		{ SS_AUDIT_MEMORY, "about unreadable memory" },
		{ SS_AUDIT_RACED, "while things changed" },
	};
	uint64_t differ = audit->counts[SS_AUDIT_DIFFERS];
	uint64_t compared = audit->counts[SS_AUDIT_AGREES] + differ;
	ss_cleanup_text struct ss_text text = { 0 };
	size_t i;

	ss_error("audit: %llu answers compared with the kernel, %llu differ",
		 (unsigned long long)compared, (unsigned long long)differ);
	for (i = 0; i < SS_ARRAY_SIZE(apart); i++) {
		uint64_t n = audit->counts[apart[i].class];

		if (n)
			ss_text_printf(&text, "%s %llu %s",
				       text.length ? "," : "",
				       (unsigned long long)n, apart[i].what);
	}
	if (text.length)
		ss_error("audit: not compared:%s", ss_text_string(&text));
	return differ || !compared ? SS_EXIT_DIFFER : 0;
}
