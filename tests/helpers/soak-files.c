/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Descriptors of the first task: which open file each holds is kept in a list,
 * and what the epolls watch in another.
 */
#include "soak.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define ITEMS	64

struct entry {
	int fd;
	unsigned long file;	/* which one: counted */
	bool pollable, epoll;
};

struct item {
	unsigned long epoll, target;	/* files */
	int tfd;
};

static struct entry entries[SOAK_FILES + 2];
static unsigned int entry_count;
static struct item items[ITEMS];
static unsigned int item_count;
static unsigned long files_made;

/* Items of files that are closed without a word have to leave this one. */
static const struct entry lasting = { .fd = SOAK_EPOLL, .epoll = true };

static struct entry *any_entry(void)
{
	return &entries[soak_draw(entry_count)];
}

static bool is_open(unsigned long file)
{
	unsigned int i;

	for (i = 0; i < entry_count; i++) {
		if (entries[i].file == file)
			return true;
	}
	return false;
}

/* A descriptor has gone: with its file's last one go the items. */
static void forget(unsigned long file)
{
	unsigned int i = 0;

	if (is_open(file))
		return;
	while (i < item_count) {
		if (items[i].epoll == file || items[i].target == file)
			items[i] = items[--item_count];
		else
			i++;
	}
}

static void ask_pair(const struct entry *a, const struct entry *b)
{
	pid_t me = getpid();

	if (a->file == b->file)
		soak_expect_same(me, me, KCMP_FILE, a->fd, b->fd);
	else
		soak_expect_other(me, me, KCMP_FILE, a->fd, b->fd);
}

static void ask_closed(int fd)
{
	pid_t me = getpid();

	if (soak_draw(2))
		soak_expect_error(me, me, KCMP_FILE, fd, SOAK_FILE, EBADF);
}

static void note(const struct entry *entry)
{
	if (entry->fd < 0 || entry->fd >= SOAK_FILE)
		soak_die("a descriptor");
	entries[entry_count++] = *entry;
	atomic_fetch_add(&soak_tally->descriptors, 1);
	ask_pair(&entries[entry_count - 1], any_entry());
}

static void note_new(int fd, bool pollable, bool epoll)
{
	const struct entry entry = {
		.fd = fd,
		.file = ++files_made,
		.pollable = pollable,
		.epoll = epoll,
	};

	note(&entry);
}

static void note_pair(const int fds[2])
{
	note_new(fds[0], true, false);
	note_new(fds[1], true, false);
}

static void make_null(void)
{
	note_new(open("/dev/null", O_RDWR | O_CLOEXEC), false, false);
}

static void make_memfd(void)
{
	note_new(memfd_create("soak", MFD_CLOEXEC), false, false);
}

static void make_event(void)
{
	note_new(eventfd(0, EFD_CLOEXEC), true, false);
}

static void make_epoll(void)
{
	note_new(epoll_create1(EPOLL_CLOEXEC), false, true);
}

static void make_pipe(void)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		soak_die("pipe2");
	note_pair(fds);
}

static void make_sockets(void)
{
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		soak_die("socketpair");
	note_pair(fds);
}

static void make_copy(void)
{
	struct entry entry;

	if (entry_count == 0)
		return;
	entry = *any_entry();
	if (soak_draw(2))
		entry.fd = dup(entry.fd);
	else
		entry.fd = fcntl(entry.fd, F_DUPFD_CLOEXEC,
				 SOAK_FILES + (int)soak_draw(32));
	note(&entry);
}

static void make(void)
{
	static void (*const makers[])(void) = {
		make_null, make_null, make_memfd, make_event, make_epoll,
		make_pipe, make_sockets, make_copy, make_copy, make_copy,
	};

	makers[soak_draw(sizeof(makers) / sizeof(makers[0]))]();
}

static void close_one(void)
{
	struct entry *entry = any_entry(), gone = *entry;
	int ret;

	if (soak_draw(4))
		ret = close(gone.fd);
	else
		ret = close_range((unsigned int)gone.fd,
				  (unsigned int)gone.fd, 0);
	if (ret < 0)
		soak_die("close");
	*entry = entries[--entry_count];
	forget(gone.file);
	ask_closed(gone.fd);
}

/* One descriptor over another. */
static void replace(void)
{
	const struct entry from = *any_entry();
	struct entry *to = any_entry();
	unsigned long gone = to->file;
	int fd = to->fd;

	if (fd == from.fd)
		return;
	if (dup3(from.fd, fd, O_CLOEXEC) != fd)
		soak_die("dup3");
	*to = from;
	to->fd = fd;
	atomic_fetch_add(&soak_tally->descriptors, 1);
	forget(gone);
	ask_pair(to, any_entry());
}

/* Through a socket, to another number perhaps; the old one is closed on the
   way. */
static void pass(void)
{
	struct entry *entry = any_entry();
	char byte = 0, space[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = space,
		.msg_controllen = sizeof(space),
	};
	struct cmsghdr *control = CMSG_FIRSTHDR(&message);
	int fds[2];

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(control), &entry->fd, sizeof(int));
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) < 0 ||
	    sendmsg(fds[0], &message, 0) != 1 || close(entry->fd) < 0 ||
	    recvmsg(fds[1], &message, MSG_CMSG_CLOEXEC) != 1)
		soak_die("a descriptor in a message");
	memcpy(&entry->fd, CMSG_DATA(control), sizeof(int));
	close(fds[0]);
	close(fds[1]);
	atomic_fetch_add(&soak_tally->descriptors, 3);
	ask_pair(entry, any_entry());
}

static unsigned int count_items(unsigned long epoll, int tfd)
{
	unsigned int i, n = 0;

	for (i = 0; i < item_count; i++)
		n += items[i].epoll == epoll && items[i].tfd == tfd;
	return n;
}

static struct item *find_item(unsigned long epoll, int tfd,
			      unsigned long target)
{
	unsigned int i;

	for (i = 0; i < item_count; i++) {
		if (items[i].epoll == epoll && items[i].tfd == tfd &&
		    items[i].target == target)
			return &items[i];
	}
	return NULL;
}

/* Some of this number's items, in an order that we do not know, is the file's
   if one is. */
static void ask_items(const struct entry *epoll, int tfd,
		      const struct entry *entry)
{
	struct kcmp_epoll_slot slot = {
		.efd = (unsigned int)epoll->fd,
		.tfd = (unsigned int)tfd,
	};
	unsigned int n = count_items(epoll->file, tfd), found = 0;
	pid_t me = getpid();
	long ret;

	for (slot.toff = 0; slot.toff < n; slot.toff++) {
		ret = soak_ask(me, me, KCMP_EPOLL_TFD,
			       (unsigned long)entry->fd, (unsigned long)&slot);
		if (ret < 0 || ret > 2)
			soak_wrong("soak: item %u of %d: %ld\n", slot.toff,
				   tfd, ret);
		found += ret == 0;
	}
	ret = soak_ask(me, me, KCMP_EPOLL_TFD, (unsigned long)entry->fd,
		       (unsigned long)&slot);
	if (ret != -ENOENT)
		soak_wrong("soak: item %u of %d, one too many: %ld\n", n, tfd,
			   ret);
	if (found != (find_item(epoll->file, tfd, entry->file) ? 1 : 0))
		soak_wrong("soak: %u of %u items of %d are descriptor %d\n",
			   found, n, tfd, entry->fd);
}

static void watch(const struct entry *epoll, const struct entry *entry)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct item *item = find_item(epoll->file, entry->fd, entry->file);

	if (item) {
		if (epoll_ctl(epoll->fd, EPOLL_CTL_DEL, entry->fd, NULL) < 0)
			soak_die("EPOLL_CTL_DEL");
		*item = items[--item_count];
	} else if (item_count < ITEMS) {
		if (epoll_ctl(epoll->fd, EPOLL_CTL_ADD, entry->fd,
			      &event) < 0)
			soak_die("EPOLL_CTL_ADD");
		items[item_count++] = (struct item){
			.epoll = epoll->file,
			.target = entry->file,
			.tfd = entry->fd,
		};
	}
}

/* Some watched one and some epoll, if the draws find such. */
static void step_epoll(void)
{
	const struct entry *epoll, *entry;

	if (entry_count == 0)
		return;
	epoll = soak_draw(4) ? any_entry() : &lasting;
	entry = any_entry();
	if (!epoll->epoll || !entry->pollable)
		return;
	watch(epoll, entry);
	ask_items(epoll, entry->fd, entry);
	ask_items(epoll, entry->fd, any_entry());
	if (item_count > 0) {
		const struct item *item = &items[soak_draw(item_count)];

		ask_items(epoll, item->tfd, any_entry());
	}
}

/* All at once.  What was open before us has smaller numbers. */
static void close_all(void)
{
	unsigned int i, low = SOAK_FILE;

	if (entry_count == 0)
		return;
	for (i = 0; i < entry_count; i++) {
		if ((unsigned int)entries[i].fd < low)
			low = (unsigned int)entries[i].fd;
	}
	if (close_range(low, SOAK_FILE - 1, 0) < 0)
		soak_die("close_range");
	entry_count = 0;
	item_count = 0;
	ask_closed((int)low);
}

void soak_files_round(void)
{
	unsigned int want = soak_draw(SOAK_FILES), i;

	while (entry_count < want) {
		make();
		for (i = 0; i < 4; i++)
			step_epoll();
	}
	for (i = soak_draw(8); i > 0 && entry_count > 0; i--)
		pass();
	for (i = soak_draw(8); i > 0 && entry_count > 0; i--)
		replace();
	if (want < 5)
		close_all();
	while (entry_count > want) {
		close_one();
		step_epoll();
	}
}

void soak_files_end(void)
{
	close_all();
}
