#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# selfsame policy: what it says, where, and with which status; and the
# policies that come with the program.

. "${srcdir:?}/tests/lib/tap.sh"

SELFSAME_POLICIES=$srcdir/policies
export SELFSAME_POLICIES
cd "$tmp" || bail "cannot enter $tmp"

# DESC MESSAGE WORD...: exit 125, the message, and where to look.
misuse() {
	misuse_name=$1
	misuse_message=$2
	shift 2
	run_is "$misuse_name is misuse" 125 "${SELFSAME:?}" policy "$@"
	empty "$misuse_name: nothing on standard output" "$out"
	like "$misuse_name: the message" "$(sed -n 1p "$err")" \
		"^selfsame: $misuse_message"
	is "$misuse_name: the hint" "$(sed -n 2p "$err")" \
		"Try 'selfsame policy --help'"
}

misuse "nothing to do" "neither check, show nor test"
misuse "something else to do" "'walk' is neither check, show nor test" walk
misuse "an option in front" "an option before check" --inject=kcmp:model check
misuse "no policy to check" "no policy to check" check
misuse "no policy to show" "no policy to show" show
misuse "no policy to test" "no policy to test" test type=VM
misuse "no call" "no call to test" test
misuse "a call without a type" "no type in the call: expected 'type=" \
	test self-only relation=self
misuse "a word of a call that is none" "'walk=1' in a call: expected type=" \
	test self-only "type=VM walk=1"
misuse "an unknown option" "unknown option '--walk'" check --walk

run_is "a name that is none" 1 "$SELFSAME" policy check no-such-policy
is "it is said where it was looked for" "$(cat "$err")" \
	"$srcdir/policies/no-such-policy.yaml: no policy of that name is \
installed; a path has a slash in it, or ends in .yaml"
run_is "a file that is not there" 1 "$SELFSAME" policy check ./none
is "it is named" "$(cat "$err")" \
	"./none: cannot be read: No such file or directory"
run_is "a directory" 1 "$SELFSAME" policy check ./
like "it is named, too" "$(cat "$err")" "^\./: cannot be read: "
head -c 300000 /dev/zero | tr '\0' '#' >large.yaml
run_is "a file that is too large" 1 "$SELFSAME" policy check large.yaml
is "it is said how large it may be" "$(cat "$err")" \
	"large.yaml: too large: expected 262144 bytes at most"

printf 'selfsame: 1\nrules:\n- {then: allow}\n' >one.yaml
printf 'selfsame: 1\ndefault: x\n' >two.yaml
run_is "two wrong files" 1 "$SELFSAME" policy check one.yaml two.yaml
is "both are told" "$(sed 's/: expected.*//' "$err")" \
	"one.yaml:3:10: 'allow' is no action
two.yaml:2:10: bad value of 'default'"
run_is "nothing is shown of a wrong file" 1 "$SELFSAME" policy show one.yaml
empty "nothing at all" "$out"
run_is "a wrong SPEC" 1 "$SELFSAME" policy check --inject=kcmp:typ=VM
like "its column is told" "$(cat "$err")" \
	"^--inject=kcmp:typ=VM: column 6: unknown key 'typ': expected type"

run sh -c '"$0" policy show self-only >/dev/full' "$SELFSAME"
is "a full disk is a failure" "$status" 125

# The table of calls that tests/unit/check_match.c has, by the program.
# CALL RULES: what is printed last, without places.
decision() {
	decision_call=$1
	echo "selfsame: 1" >settings.yaml
	# Several words are several rules.
	# shellcheck disable=SC2086
	set -- $2
	for word; do
		shift
		case $word in
		kcmp*) set -- "$@" "--inject=$word" ;;
		*=E*) echo "${word%%=*}: {error: ${word#*=}}" >>settings.yaml ;;
		*=*) echo "${word%%=*}: ${word#*=}" >>settings.yaml ;;
		esac
	done
	"$SELFSAME" policy test "$@" settings.yaml "$decision_call" 2>&1 |
		tail -n 1 | sed 's/ (.*//'
}

rows=0
while IFS='|' read -r call rules action decider; do
	case $call in
	'#'* | '') continue ;;
	esac
	rows=$((rows + 1))
	decider=${decider# }
	case $decider in
	[0-9]*) decider="rule $decider" ;;
	esac
	action=${action# }
	action=${action% }
	got=$(set -f; decision "${call% }" "$rules")
	[ "$got" = "$action: decided by $decider" ] ||
		echo "$call|$rules: $got, not $action by $decider"
done <"$srcdir/tests/data/policy/decisions" >rows.wrong
is "every row of the table is decided as it says" "$(cat rows.wrong)" ""
ok "there are at least 150" test "$rows" -ge 150

# What comes with the program.
for policy in "$srcdir"/policies/*.yaml; do
	name=$(basename "$policy" .yaml)
	run_ok "$name is right" "$SELFSAME" policy check "$name"
	empty "$name: nothing is said" "$err"
	run_ok "$name is shown" "$SELFSAME" policy show "$name"
	cp "$out" shown.yaml
	run_ok "$name is shown again" "$SELFSAME" policy show shown.yaml
	same "$name: what is shown is the same policy" shown.yaml "$out"
	like "$name is in the manual" \
		"$(sed 's/\\-/-/g' "$srcdir/doc/selfsame-policy.1")" \
		"^\.B $name\$"
done

# POLICY CALL DECISION [RULE]
decides() {
	run "$SELFSAME" policy test "$1" "$2"
	is "$1: $2" "$(tail -n 1 "$out" | sed -e 's/ (.*//' \
		-e 's/: decided by / by /')" "$3"
}

decides self-only "type=FILE relation=self" "model by rule 1 'about itself'"
decides self-only "type=VM relation=thread,self" \
	"model by rule 1 'about itself'"
decides self-only "type=VM relation=self,child" \
	"error EPERM by rule 2 'about others'"
decides self-only "type=VM relation=unknown" \
	"error EPERM by rule 2 'about others'"
own="drivers compare descriptors of their own process"
decides chromium-gpu "type=FILE relation=self" "model by rule 1 '$own'"
decides chromium-gpu "type=FILE relation=thread" "model by rule 1 '$own'"
decides chromium-gpu "type=FILE relation=self,parent" "error EPERM by default"
decides chromium-gpu "type=VM" "error EPERM by default"
decides chromium-gpu "type=invalid" "error EPERM by default"
decides docker "type=FILE" "error EPERM by default"
decides observe "type=FILE" "model by rule 1 'every call'"
decides flaky "type=VM" \
	"error ENOSYS by rule 1 'the first question of each task finds no kcmp'"

run_ok "docker is shown" "$SELFSAME" policy show docker
is "the kernel decides all of docker" "$(sed -n 2p "$out")" \
	"# decided in the kernel: FILE VM FILES FS SIGHAND IO SYSVSEM EPOLL_TFD \
invalid"

# The moods of flaky are the same each time, and of each kind there are some.
moods() {
	n=0
	while [ "$n" -lt 200 ]; do
		n=$((n + 1))
		"$SELFSAME" policy test flaky "type=FILE task=$1 nth=$n" |
			sed -n 's/: decided by.*//p'
	done
}
moods 1 >first
moods 1 >second
same "the same seed, the same moods" first second
moods 1.1 >other
isnt "another task has others" "$(cat first)" "$(cat other)"
for mood in ENOSYS ENOMEM delay SIGWINCH; do
	like "a mood of $mood comes" "$(cat first other)" "$mood"
done

# What a call does not tell.
run_is "a rule asks for more" 1 "$SELFSAME" policy test self-only type=VM
is "it is said which, and for what" "$(cat "$out")" \
	"not decided: rule 1 'about itself' asks: how do the two targets \
stand to the caller?  Add relation= to the call."

# It may be `outside` that asks, behind a rule that has decided, or the default.
cat >outside.yaml <<END
selfsame: 1
outside: kernel
rules:
  - {match: {type: FILE}, then: model}
  - {match: {type: VM, uid: 7}, then: kernel}
END
for type in FILE FS; do
	run_is "outside asks of $type" 1 "$SELFSAME" policy test outside.yaml \
		"type=$type"
	like "it is said that it is outside" "$(cat "$out")" \
		"^not decided: outside asks: how do the two targets"
done

# Calls before the N-th only count: what became of rules then is not told.
cat >third.yaml <<END
selfsame: 1
rules:
  - {match: {type: VM}, then: kernel}
  - {when: 3, then: {error: EIO}}
  - {match: {type: FS}, then: kernel}
END
run_ok "the third call" "$SELFSAME" policy test third.yaml "type=FILE nth=3"
is "only earlier rules are explained" "$(cat "$out")" \
	"rule 1 does not match: type is FILE, not [VM]
error EIO: decided by rule 2 (third.yaml:4:5)"

run_ok "a SPEC comes before files" "$SELFSAME" policy test \
	--inject=kcmp:type=VM:error=EIO self-only type=VM
is "and is called by its text" "$(cat "$out")" \
	"error EIO: decided by rule 1 (--inject=kcmp:type=VM:error=EIO)"

done_testing
