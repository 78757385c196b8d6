#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What `run` does with rules: who is meant, when they fire, what they do.

. "${srcdir:?}/tests/lib/tap.sh"

kin=${builddir:?}/tests/helpers/kin
SELFSAME_POLICIES=$srcdir/policies
export SELFSAME_POLICIES

# under ARG...: what a run says, and its status if that is not 0.
under() {
	timeout 60 "${SELFSAME:?}" run "$@" 2>"$err" || echo "status $?"
}

# answer SPEC ARG...: what kin is answered under one rule.
answer() {
	spec=$1
	shift
	under "--inject=$spec" -- "$kin" "$@"
}

# ---- relations ----

# One rule for each, which fires at the first call that comes to it: so the
# answers to one question after the other tell which of them match.
set -- --inject=kcmp:relation=self:error=E2BIG:when=1 \
	--inject=kcmp:relation=thread:error=EACCES:when=1 \
	--inject=kcmp:relation=parent:error=EBUSY:when=1 \
	--inject=kcmp:relation=child:error=ECHILD:when=1 \
	--inject=kcmp:relation=ancestor:error=EDOM:when=1 \
	--inject=kcmp:relation=descendant:error=EEXIST:when=1 \
	--inject=kcmp:relation=sibling:error=EFBIG:when=1 \
	--inject=kcmp:relation=other:error=EINTR:when=1 \
	--inject=kcmp:relation=same-user:error=EIO:when=1 \
	--inject=kcmp:relation=unknown:error=EISDIR:when=1
told="s/E2BIG/self/; s/EACCES/thread/; s/EBUSY/parent/; s/ECHILD/child/
	s/EDOM/ancestor/; s/EEXIST/descendant/; s/EFBIG/sibling/
	s/EINTR/other/; s/EIO/same-user/; s/EISDIR/unknown/
	/^[0-9]/d; /^ESRCH/d; /^EBADF/d; /^EPERM/d"

# stands TARGET OPTIONS RELATIONS: and in no other relation.
stands() {
	# Options are words.
	# shellcheck disable=SC2086
	is "${2:+$2, }$1" "$(under $rules -- "$kin" -a -n 11 $2 0 "$1" "$1" |
		sed "$told" | tr '\n' ' ')" "$3 "
}

rules=$*
stands self "" "self same-user"
stands thread "" "thread same-user"
stands parent "" "parent ancestor same-user"
stands child "" "child descendant same-user"
stands ancestor "" "ancestor same-user"
stands descendant "" "descendant same-user"
stands sibling "" "sibling same-user"
stands other "" "other same-user"
stands unknown "" "unknown"
stands host "" "unknown"

# After an exec of who asks.
stands self -e "self same-user"
stands parent -e "parent ancestor same-user"
stands child -e "child descendant same-user"
stands sibling -e "sibling same-user"

# Whose parent has died has another one, outside.
stands parent -o "other same-user"
stands ancestor -o "other same-user"
stands child -o "child descendant same-user"

# Or inside: who has made itself a reaper.
stands ancestor "-o -r" "parent ancestor same-user"
stands child "-o -r" "child descendant same-user"

# In a pid namespace of its own.
stands self -p "self same-user"
stands thread -p "thread same-user"
stands child -p "child descendant same-user"
stands descendant -p "descendant same-user"
stands sibling -p "sibling same-user"
stands parent -p "unknown"

# Both targets have to stand in one of them.
is "one of two is no match" "$(answer kcmp:relation=child:retval=3 \
	1 self child)" 1
is "each in one of several" "$(answer kcmp:relation=self,child:retval=3 \
	1 self child)" 3

# ---- other predicates ----

is "type" "$(answer kcmp:type=VM:retval=3 1 self self)" 3
is "another type" "$(answer kcmp:type=FILE,FS:retval=3 1 self self)" 0
is "no type" "$(answer kcmp:type=invalid:retval=3 4711 self self)" 3
is "a task" "$(answer kcmp:task=1.1.1:retval=3 1 self self)" 3
is "another task" "$(answer kcmp:task=1.1:retval=3 1 self self)" 0
is "a program" "$(answer "kcmp:caller=$kin:retval=3" 1 self self)" 3
is "programs" "$(answer "kcmp:caller=*/kin:retval=3" 1 self self)" 3
is "another program" "$(answer kcmp:caller=/bin/sh:retval=3 1 self self)" 0
# As after an upgrade of what runs.
without_name() {
	cp "$kin" "$tmp/$1"
	under --inject="kcmp:caller=$2:retval=3" -- sh -c '
		exec 3<"$0" && rm "$0" && exec /proc/self/fd/3 -c 1 self self' \
		"$tmp/$1"
}
is "a program whose file has been removed" "$(without_name kin kin)" 3
is "by its path" "$(without_name kin "$tmp/kin")" 3
cp "$kin" "$tmp/kin (deleted)"
is "a name that looks so" "$(under --inject="kcmp:caller=kin:retval=3" -- \
	"$tmp/kin (deleted)" -c 1 self self)" 0
is "a descriptor" "$(answer kcmp:fd=11:retval=3 0 self self)" 3
is "a range of them" "$(answer kcmp:fd=5..10:retval=3 0 self self)" 3
is "another descriptor" "$(answer kcmp:fd=12:retval=3 0 self self)" 1
is "the same" "$(answer kcmp:same=yes:retval=3 -s 0 self self)" 3
is "not the same" "$(answer kcmp:same=no:retval=3 -s 0 self self)" 0
is "not the same, and asked for" \
	"$(answer kcmp:same=no:retval=3 0 self self)" 3
is "an error is neither" "$(answer kcmp:same=no:retval=3 0 self unknown)" \
	ESRCH
is "a user" "$(answer "kcmp:uid=$(id -u):retval=3" 1 self self)" 3
is "another user" "$(answer "kcmp:uid=4711:retval=3" 1 self self)" 0
if unshare -U true 2>/dev/null; then
	is "a user as the caller sees it" "$(under \
		--inject=kcmp:uid=65534:retval=3 -- \
		unshare -U "$kin" 1 self self)" 3
else
	skip "a user as the caller sees it" "no user namespaces here"
fi

if [ "$(id -u)" = 0 ]; then
	stands sibling -U "sibling"
	stands parent -u "parent ancestor"
	stands thread -u "thread same-user"
	stands sibling "-u -U" "sibling same-user"
	is "who has become another user" \
		"$(answer kcmp:uid=4711:retval=3 -u 1 self self)" 3
	is "and is not the first any more" \
		"$(answer kcmp:uid=0:retval=3 -u 1 self self)" 0
	is "another user is no same user" "$(answer \
		kcmp:relation=same-user:retval=3 -U 1 self sibling)" 1
else
	for option in -U -u "-u -U"; do
		skip "other users ($option)" "only root can become another"
	done
fi

# What the model has said of a task is no answer any more if that task dies and
# is reaped while later rules ask for more.  A tracer holds the look at the
# caller's executable up until that has happened.
if command -v strace >/dev/null; then
	# The leak checker of a sanitized build cannot work under a tracer.
	timeout 60 env ASAN_OPTIONS=detect_leaks=0 strace -qq -o "$tmp/looks" \
		-e trace=readlink -e inject=readlink:delay_enter=2000000 \
		"$SELFSAME" run --inject=kcmp:same=yes:error=EIO \
		--inject=kcmp:caller=/nobody:error=EIO \
		--inject=kcmp:relation=thread:error=EIO -- \
		"$builddir/tests/helpers/asker" loses "$tmp/child" \
		>"$out" 2>"$err" &
	until grep -q '"/proc/[0-9][0-9]*/exe' "$tmp/looks" 2>/dev/null; do
		kill -0 $! || break
	done
	child=$(cat "$tmp/child")
	kill -9 "$child"
	while kill -0 "$child" 2>/dev/null; do :; done
	wait $!
	is "it ends well" $? 0
	is "who has died meanwhile is not there" "$(cat "$out")" ESRCH
	empty "nothing is said" "$err"
else
	skip "a death between two facts" "strace is not installed"
fi

# ---- when ----

# fires WHEN: at which of eight calls.
fires() {
	answer "kcmp:retval=3:when=$1" -a -n 8 1 self self |
		sed -n '/3/=' | tr '\n' ' '
}

is "when=3" "$(fires 3)" "3 "
is "when=3+" "$(fires 3+)" "3 4 5 6 7 8 "
is "when=2+3" "$(fires 2+3)" "2 5 8 "
is "when=2..4" "$(fires 2..4)" "2 3 4 "
is "when=2..7+2" "$(fires 2..7+2)" "2 4 6 "

# A rule that matches but does not fire has counted, and the next is asked.
run_ok "two rules" "$SELFSAME" run --inject=kcmp:type=VM:error=EIO:when=2 \
	--inject=kcmp:error=ENOMEM:when=1..2 -- "$kin" -n 2 1 self self
is "the first that fires decides" "$(cat "$out")" EIO
run_ok "the same, at the third" "$SELFSAME" run \
	--inject=kcmp:type=VM:error=EIO:when=2 \
	--inject=kcmp:error=ENOMEM:when=2 -- "$kin" -n 3 1 self self
is "the second has counted what came to it" "$(cat "$out")" ENOMEM

# Chance depends on nothing but seed, label and count.
chances() {
	answer "kcmp:retval=3:chance=0.5:seed=$1" -a -n 16 1 self self |
		tr -d '\n'
}
first=$(chances 7)
is "the same seed, the same choices" "$(chances 7)" "$first"
isnt "another seed, others" "$(chances 8)" "$first"
like "some fire" "$first" 3
like "some do not" "$first" 0

# The same faults in fifty runs of processes that race.  They begin when all are
# there: a fork that a SIGCHLD interrupts is made again, counts twice, and so
# gives its child another label (see BUGS in the manual).
race() {
	rm -f "$tmp/race.go"
	timeout 60 "$SELFSAME" run \
		--inject=kcmp:type=VM:error=EIO:chance=0.3:seed=5 \
		--inject=kcmp:retval=3:when=3+4 -- sh -c '
		for i in 1 2 3 4; do
			{
				until [ -e "$1.go" ]; do :; done
				exec "$0" -c -a -n 9 1 self self
			} >"$1.$i" &
		done
		: >"$1.go"
		wait' "$kin" "$tmp/race" && cat "$tmp/race".[1-4]
}
race >"$tmp/race.first"
differ=0
for run in 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 \
	26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 \
	49 50; do
	race | cmp -s - "$tmp/race.first" || differ=$((differ + 1))
done
is "fifty runs that differ" "$run $differ" "50 0"
like "there are faults" "$(sort -u "$tmp/race.first" | tr '\n' ' ')" \
	"^0 3 EIO \$"

# ---- actions ----

is "error" "$(answer kcmp:error=ENOSPC 1 self self)" ENOSPC
is "model" "$(answer kcmp:model 1 self child)" 1
run_is "kill" 137 "$SELFSAME" run --inject=kcmp:kill -- \
	"$builddir/tests/helpers/kcmp-example"
run_is "signal" 138 "$SELFSAME" run --inject=kcmp:model:signal=USR1 -- \
	"$builddir/tests/helpers/kcmp-example"
before=$(date +%s%N)
is "delay" "$(answer kcmp:model:delay=300ms 1 self child)" 1
after=$(date +%s%N)
ok "it comes no sooner" test $((after - before)) -ge 300000000

# Meanwhile others go on.
run_ok "two at once" timeout 60 "$SELFSAME" run \
	--inject=kcmp:task=1.1.1.1:model:delay=20s -- sh -c '
	"$0" 1 self self & slow=$!
	"$0" 1 self self || exit 1
	kill -9 $slow' "$kin"

if [ "$(timeout 60 "$kin" 1 self self)" = 0 ]; then
	# For the model the one outside does not exist, whatever the type.
	is "kernel" "$(answer kcmp:kernel 8 self host)" EINVAL
else
	skip "kernel" "this host has no kcmp"
fi

# ---- in the kernel ----

# It answers while the supervisor is stopped; and nothing else is watched then,
# or the shell could not start anybody.
stopped() {
	timeout 20 "$SELFSAME" run "$@" -- sh -c 'kill -STOP "$PPID"
		"$0" -c 1 self self; "$0" -c 8 self self
		kill -CONT "$PPID"' "$kin" | tr '\n' ' '
}
is "a refusal of everything" "$(stopped --inject=kcmp:error=EPERM)" \
	"EPERM EPERM "
is "several" "$(stopped --inject=kcmp:type=VM:error=EIO \
	--inject=kcmp:error=EDOM)" "EIO EDOM "
run_ok "a policy that needs no files" "$SELFSAME" run --stats \
	--inject=kcmp:type=FILE,EPOLL_TFD:error=EPERM -- "$kin" 1 self self
unlike "descriptors are not watched then" "$(cat "$err")" \
	'^notifications\.(close|dup2|epoll_ctl)'
like "clones are" "$(cat "$err")" '^notifications\.(clone|fork)'
run_ok "a policy that needs them" "$SELFSAME" run --stats \
	--inject=kcmp:type=VM:error=EPERM -- "$kin" 1 self self
like "then they are" "$(cat "$err")" '^notifications\.close'

# ---- files of rules ----

cat >"$tmp/order.yaml" <<END
selfsame: 1
order: none
outside: {error: EPERM}
END
run_ok "a file" "$SELFSAME" run --policy="$tmp/order.yaml" -- "$kin" \
	0 self self
is "no order" "$(cat "$out")" 3
run_ok "somebody outside" "$SELFSAME" run --policy="$tmp/order.yaml" -- \
	"$kin" 0 self host
is "is not told apart from who may not be looked at" "$(cat "$out")" EPERM
printf 'selfsame: 1\norder: reverse\n' >"$tmp/reverse.yaml"
run_ok "reverse" "$SELFSAME" run --policy="$tmp/reverse.yaml" -- "$kin" \
	0 self self
is "the order is reversed" "$(cat "$out")" 2
run_ok "an installed policy by its name" "$SELFSAME" run \
	--policy=self-only -- "$kin" 1 self child
is "self-only" "$(cat "$out")" EPERM

# Nothing runs with a file that is wrong.
printf 'selfsame: 1\nrules: [{match: {tpye: [FILE]}, then: model}]\n' \
	>"$tmp/bad.yaml"
run_is "a bad file" 125 "$SELFSAME" run --policy="$tmp/bad.yaml" -- echo ran
empty "nothing has run" "$out"
like "the place is told" "$(cat "$err")" 'bad\.yaml:2:'
run_is "two orders" 125 "$SELFSAME" run --policy="$tmp/order.yaml" \
	--policy="$tmp/reverse.yaml" -- echo ran
run_is "a bad rule" 125 "$SELFSAME" run --inject=kcmp:error=ENOSUCH -- echo ran
run_is "another expression" 125 "$SELFSAME" run -e trace=all -- echo ran
run_ok "strace's spelling" "$SELFSAME" run -e inject=kcmp:error=EIO -- \
	"$kin" 1 self self
is "is the same" "$(cat "$out")" EIO

# ---- reports ----

run_ok "--log" "$SELFSAME" run --log --policy=self-only -- "$kin" \
	1 self child
like "the rule that decided is in the log" "$(cat "$err")" \
	"KCMP_VM\\) = -1 EPERM \\(.*\\) \\[rule [0-9]+ '.*'\\]\$"
run_ok "a rule that logs" "$SELFSAME" run \
	--inject=kcmp:type=VM:error=EPERM:log -- "$kin" 1 self child
like "without --log" "$(cat "$err")" '\[rule 1\]$'
run_ok "--would-deny" "$SELFSAME" run --would-deny --policy=self-only -- \
	"$kin" 1 self child
is "nothing is refused" "$(cat "$out")" 1
like "but told" "$(cat "$err")" "^refused 1 VM rule .* .*/kin\$"
run_ok "--would-deny and an order" "$SELFSAME" run --would-deny \
	--policy="$tmp/reverse.yaml" -- "$kin" 0 self self
is "nothing is ordered otherwise" "$(cat "$out")" 1
run_ok "--would-deny of what needs no files" "$SELFSAME" run --would-deny \
	--stats --policy=docker -- "$kin" 1 self self
like "they are watched, because the model answers" "$(cat "$err")" \
	'^notifications\.close'
run_is "--would-deny without rules" 125 "$SELFSAME" run --would-deny -- true
run_ok "--stats" "$SELFSAME" run --stats --policy=self-only -- \
	"$kin" -n 3 1 self child
like "the summary" "$(cat "$err")" "^refused 3 VM rule .* .*/kin\$"
like "the counter" "$(cat "$err")" "^policy.refused 3\$"
# The name is that of the program that asked, in one process and in several.
asker=${builddir:?}/tests/helpers/asker
cp "$asker" "$tmp/first"
cp "$asker" "$tmp/second"
run_ok "programs after one another, and beside each other" "$SELFSAME" run \
	--stats --inject=kcmp:error=EPERM -- sh -c '
	"$1" then "$1" then "$2" then "$2" then "$1" then /bin/sh -c :
	"$2" then /bin/sh -c :' sh "$tmp/first" "$tmp/second"
is "each is told of under its own name" "$(sed -n \
	's/^refused \([0-9]* VM\) .*\/\(.*\)/\1 \2/p' "$err" | sort)" \
	"6 VM first
6 VM second"

# ---- learning ----

run_ok "--learn" "$SELFSAME" run --learn="$tmp/learned.yaml" -- "$kin" \
	-n 2 1 self child
is "it changes nothing" "$(cat "$out")" 1
like "it says what it saw" "$(cat "$err")" \
	'learned from 2 calls of kcmp by 1 process: '
run_ok "what is learned can be checked" "$SELFSAME" policy check \
	"$tmp/learned.yaml"
run_ok "and used" "$SELFSAME" run --policy="$tmp/learned.yaml" -- "$kin" \
	1 self child
is "it allows what was seen" "$(cat "$out")" 1
run_ok "another question" "$SELFSAME" run --policy="$tmp/learned.yaml" -- \
	"$kin" 1 self parent
is "and nothing else" "$(cat "$out")" EPERM
run_ok "of many kinds of targets" "$SELFSAME" run \
	--learn="$tmp/many.yaml" -- sh -c '
	for pair in "self self" "self child" "child child" "child unknown" \
		"unknown unknown" "sibling sibling"; do
		"$0" 1 $pair
		"$0" 0 $pair
	done' "$kin"
run_ok "no rule is in vain" "$SELFSAME" policy check "$tmp/many.yaml"
empty "nothing is said" "$err"
is "pairs allow what is alike, too" \
	"$(sed -n 's/.*relation: \(.*\)}/\1/p' "$tmp/many.yaml")" \
	"[self, child]
[child, unknown]
[sibling]"

# learns TARGETS [OPTION...]: a run with what another has learned gets the same
# answer, whoever decided there.
learns() {
	learns_targets=$1
	shift
	rm -f "$tmp/same.yaml"
	# Targets, with options of kin before them, are words.
	# shellcheck disable=SC2086
	set -- "$(under "$@" --learn="$tmp/same.yaml" -- \
		"$kin" $learns_targets)" "$*"
	# shellcheck disable=SC2086
	is "learned: $learns_targets, $2" "$(under \
		--policy="$tmp/same.yaml" -- "$kin" $learns_targets)" "$1"
}
learns "1 self descendant"
learns "1 unknown self"
learns "1 child unknown"
learns "8 self child"
learns "-o 1 self ancestor"
learns "-o -r 1 self ancestor"
learns "1 self child" --inject=kcmp:retval=1
learns "1 child child" --inject=kcmp:retval=0
rm -f "$tmp/same.yaml"
run_is "of who is killed, too" 137 "$SELFSAME" run --inject=kcmp:kill \
	--learn="$tmp/same.yaml" -- "$builddir/tests/helpers/kcmp-example"
like "it is told how" "$(cat "$tmp/same.yaml")" 'relation: \[self\]'
run_ok "relations within others" "$SELFSAME" run \
	--learn="$tmp/within.yaml" -- sh -c '
	for pair in "self descendant" "child child" "parent parent" \
		"self ancestor" "parent ancestor" "ancestor ancestor"; do
		"$0" 1 $pair
	done' "$kin"
run_ok "no rule of these is in vain" "$SELFSAME" policy check \
	"$tmp/within.yaml"
is "there is one for each that needs one" \
	"$(sed -n 's/.*relation: \(.*\)}/\1/p' "$tmp/within.yaml")" \
	"[self, ancestor]
[self, descendant]"
run_is "a start that fails" 125 "$SELFSAME" run \
	--learn="$tmp/none.yaml" --log="$tmp/none/log" -- true
ok "leaves nothing" test ! -e "$tmp/none.yaml"
run_is "a command that is not there" 127 "$SELFSAME" run \
	--learn="$tmp/none.yaml" -- "$tmp/none"
ok "leaves nothing either" test ! -e "$tmp/none.yaml"
unlike "nor is anything learned" "$(cat "$err")" learned
run_ok "a command that asks nothing" "$SELFSAME" run \
	--learn="$tmp/none.yaml" -- true
run_ok "has a policy" "$SELFSAME" policy check "$tmp/none.yaml"
run_is "nothing is overwritten" 125 "$SELFSAME" run \
	--learn="$tmp/learned.yaml" -- echo ran
empty "and nothing has run" "$out"
"$SELFSAME" run --learn="$tmp/again.yaml" -- "$kin" -n 2 1 self child \
	>"$out" 2>"$err"
same "the output is stable" "$tmp/learned.yaml" "$tmp/again.yaml"
done_testing
