# SPDX-License-Identifier: LGPL-2.1-or-later
#
# From figures to rows: what scripts/bench prints and writes.
#
#	awk -v mode=MODE [-v slack=N] [-v by=minimum] -f report.awk \
#		rows selected machine left-out figures
#
# rows is bench/rows; selected has the names of the rows that count; machine lines
# of "KEY VALUE..."; left-out lines of "EXPERIMENT VARIANT REASON..."; figures
# lines of "EXPERIMENT PINNING ROUND VARIANT METRIC VALUE"; of the experiment
# "calls" the variant is what was done, and the metric a system call.
#
# A row is judged by the median over the rounds of what each round says, because
# what changes with time is the same within a round; with by=minimum by what the
# best values of all rounds say, which is what is left when a loaded machine only
# ever adds.  slack multiplies what a row may be at most.
#
# Modes: markdown, json, tap, failing (the names of rows that do not hold).

function trim(text) {
	gsub(/^[ \t]+|[ \t]+$/, "", text)
	return text
}

function read_table(line,    fields, n, i) {
	n = split(line, fields, "|")
	for (i = 1; i <= n; i++)
		fields[i] = trim(fields[i])
	if (fields[1] == "experiment") {
		experiments[++n_experiments] = fields[2]
		variants[fields[2]] = fields[3]
	} else if (fields[1] == "row") {
		name[++n_rows] = fields[2]
		of[n_rows] = fields[3]
		judgement[n_rows] = fields[4]
		bound[n_rows] = fields[5]
		where[n_rows] = fields[6]
		what[n_rows] = fields[7]
	}
}

FNR == 1 { file++ }
/^#/ || /^[ \t]*$/ { next }
file == 1 { read_table($0); next }
file == 2 { selected[$1] = 1; next }
file == 3 {
	key = $1
	sub(/^[^ ]+ */, "")
	machine_keys[++n_machine] = key
	machine[key] = $0
	next
}
file == 4 {
	key = $1 " (" $2 ")"
	sub(/^[^ ]+ +[^ ]+ */, "")
	left_out[++n_left_out] = key ": " $0
	next
}
{
	figure[$1, $2, $3, $4, $5] = $6
	runs[++n_runs] = $0
	measured[$1, $2] = 1
	if ($3 > rounds)
		rounds = $3
	if (!(($1, $2, $4, $5) in least) || $6 < least[$1, $2, $4, $5])
		least[$1, $2, $4, $5] = $6
}

# A figure of one round, or the least of all (round 0).
function get(experiment, pinning, round, variant, metric) {
	if (round == 0 && (experiment, pinning, variant, metric) in least)
		return least[experiment, pinning, variant, metric] + 0
	if ((experiment, pinning, round, variant, metric) in figure)
		return figure[experiment, pinning, round, variant, metric] + 0
	return ""
}

# What one round says of a row; "" if something was not measured.
function judge(i, pinning, round,    word, n, a, b, c) {
	n = split(judgement[i], word, " ")
	if (word[1] == "growth") {
		a = get(of[i], pinning, round, word[2], word[3])
		b = get(of[i], pinning, round, word[2], word[4])
	} else {
		a = get(of[i], pinning, round, word[2], word[n])
		b = get(of[i], pinning, round, word[3], word[n])
	}
	if (word[1] == "value")
		return get(of[i], pinning, round, word[2], word[3])
	if (a == "" || b == "")
		return ""
	if (word[1] == "above")
		return (a - b) / 1e6
	if (word[1] == "extra") {
		c = get(of[i], pinning, round, word[4], word[n])
		if (c == "" || b - c <= 0)
			return ""
		a -= c
		b -= c
	}
	return b ? a / b : ""
}

function sort(values, n,    i, j, value) {
	for (i = 2; i <= n; i++) {
		value = values[i]
		for (j = i - 1; j >= 1 && values[j] > value; j--)
			values[j + 1] = values[j]
		values[j + 1] = value
	}
}

function middle(values, n) {
	sort(values, n)
	return n % 2 ? values[(n + 1) / 2] : \
		(values[n / 2] + values[n / 2 + 1]) / 2
}

# Sets result[], lowest[] and highest[] of a row, if there is anything.
function conclude(i, pinning,    round, value, values, n) {
	for (round = 1; round <= rounds; round++) {
		value = judge(i, pinning, round)
		if (value != "")
			values[++n] = value
	}
	if (!n)
		return
	result[i, pinning] = middle(values, n)
	lowest[i, pinning] = values[1]
	highest[i, pinning] = values[n]
	if (by == "minimum" && (value = judge(i, pinning, 0)) != "")
		result[i, pinning] = value
}

function counts(i, pinning) {
	return bound[i] != "-" && (where[i] ~ /^both/ || where[i] ~ "^" pinning)
}

# 1, 0, or "" where nothing is asked or nothing was measured.
function holds(i, pinning) {
	if (!counts(i, pinning) || !((i, pinning) in result))
		return ""
	return result[i, pinning] <= bound[i] * slack
}

function time_text(ns) {
	if (ns < 1e3)
		return sprintf("%.0f ns", ns)
	if (ns < 1e5)
		return sprintf("%.1f us", ns / 1e3)
	if (ns < 1e6)
		return sprintf("%.0f us", ns / 1e3)
	return sprintf("%.1f ms", ns / 1e6)
}

function shown(i, value,    word) {
	split(judgement[i], word, " ")
	if (word[1] == "above")
		return sprintf("%.1f ms", value)
	if (word[1] != "value")
		return sprintf("%.2f", value)
	if (word[4] == "ns")
		return time_text(value)
	if (word[4] == "B")
		return sprintf("%.0f B", value)
	return sprintf("%.2f", value)
}

function cell(i, pinning,    value, low, high) {
	if (!((i, pinning) in result))
		return "-"
	value = shown(i, result[i, pinning])
	low = shown(i, lowest[i, pinning])
	high = shown(i, highest[i, pinning])
	return low == high ? value : value " (" low " to " high ")"
}

function verdict(i,    pinned, unpinned) {
	pinned = holds(i, "pinned")
	unpinned = holds(i, "unpinned")
	if (pinned == "" && unpinned == "")
		return "-"
	if (pinned != 0 && unpinned != 0)
		return "yes"
	if (pinned == 0 && unpinned == 0)
		return "**no**"
	if (pinned == "" || unpinned == "")
		return "**no**"
	return pinned ? "**no**, unpinned" : "**no**, pinned"
}

function print_rows(    i) {
	print "| what | row | at most | pinned | unpinned | held |"
	print "|---|---|---|---|---|---|"
	for (i = 1; i <= n_rows; i++) {
		if (!(name[i] in selected))
			continue
		printf "| %s | %s | %s | %s | %s | %s |\n", what[i], name[i],
			bound[i] == "-" ? "-" : shown(i, bound[i]),
			cell(i, "pinned"), cell(i, "unpinned"), verdict(i)
	}
}

# The median of one figure over the rounds, as text.
function median_of(experiment, pinning, variant, metric,    round, values, n,
		   value) {
	for (round = 1; round <= rounds; round++) {
		value = get(experiment, pinning, round, variant, metric)
		if (value != "")
			values[++n] = value
	}
	if (!n)
		return "-"
	value = middle(values, n)
	return metric == "ns" ? time_text(value) : sprintf("%.0f", value)
}

# One line, or nothing if nothing was measured.  Only columns that are used.
function print_absolute_of(experiment, metric, pinning,    k, line, value,
			   any) {
	line = "| " experiment (metric == "ns" ? "" : ", " metric " a second")
	line = line " | " pinning " |"
	for (k = 1; k <= n_columns; k++) {
		value = median_of(experiment, pinning, column[k], metric)
		if (value != "-")
			any = 1
		line = line " " (value == "-" ? "" : value) " |"
	}
	if (any)
		print line
}

function print_absolute(    i, j, m, n, list, metrics, used, line, field) {
	for (i = 1; i <= n_runs; i++) {
		split(runs[i], field, " ")
		if (field[1] != "calls")
			used[field[4]] = 1
	}
	m = split("bare answer continue allow selfsame against strace " \
		"inject told", list, " ")
	n = split("ns kept closed", metrics, " ")
	line = "| experiment | |"
	for (i = 1; i <= m; i++) {
		if (list[i] in used) {
			column[++n_columns] = list[i]
			line = line " " list[i] " |"
		}
	}
	print line
	gsub(/[^|]+/, "---", line)
	print line
	for (i = 1; i <= n_experiments; i++) {
		for (j = 1; j <= n; j++) {
			print_absolute_of(experiments[i], metrics[j], "pinned")
			print_absolute_of(experiments[i], metrics[j],
					  "unpinned")
		}
	}
}

# The counts of bench/calls.sh, RECV and SEND first.
function print_calls(    i, field, sum, first, line, done, any_calls) {
	for (i = 1; i <= n_runs; i++) {
		split(runs[i], field, " ")
		if (field[1] != "calls")
			continue
		sum[field[4]] += field[6]
		if (field[5] == "RECV")
			first[field[4]] = sprintf("RECV %g", field[6])
		else if (field[5] == "SEND")
			line[field[4]] = sprintf(", SEND %g%s", field[6],
						 line[field[4]])
		else
			line[field[4]] = sprintf("%s, %s %g", line[field[4]],
						 field[5], field[6])
	}
	for (i = 1; i <= n_runs; i++) {
		split(runs[i], field, " ")
		if (field[1] != "calls" || done[field[4]]++)
			continue
		if (!any_calls++) {
			print ""
			print "System calls of selfsame for one operation:"
			print ""
			print "| operation | calls | which |"
			print "|---|---|---|"
		}
		printf "| %s | %g | %s%s |\n", field[4], sum[field[4]],
			first[field[4]], line[field[4]]
	}
}

# Our ratio to the other selfsame, for whatever both have measured.
function print_against(    i, n, pair, seen, list, key) {
	for (i = 1; i <= n_runs; i++) {
		split(runs[i], pair, " ")
		key = pair[1] SUBSEP pair[5]
		if (pair[4] == "against" && !seen[key]++)
			list[++n] = key
	}
	if (!n)
		return
	print ""
	print "Ratio of selfsame to the other selfsame:"
	print ""
	print "| experiment | metric | pinned | unpinned |"
	print "|---|---|---|---|"
	for (i = 1; i <= n; i++) {
		split(list[i], pair, SUBSEP)
		of[0] = pair[1]
		judgement[0] = "ratio selfsame against " pair[2]
		delete result[0, "pinned"]
		delete result[0, "unpinned"]
		conclude(0, "pinned")
		conclude(0, "unpinned")
		print "| " pair[1] " | " pair[2] " | " cell(0, "pinned") " | " \
			cell(0, "unpinned") " |"
	}
}

function print_markdown(    i) {
	for (i = 1; i <= n_machine; i++)
		print "- " machine_keys[i] ": " machine[machine_keys[i]]
	print "- rounds: " rounds + 0 "; in parentheses the lowest and the highest"
	print ""
	print_rows()
	print ""
	print "Medians of what one operation takes:"
	print ""
	print_absolute()
	print_calls()
	print_against()
	if (n_left_out) {
		print ""
		print "Left out:"
		print ""
		for (i = 1; i <= n_left_out; i++)
			print "- " left_out[i]
	}
}

function quote(text) {
	gsub(/\\/, "\\\\", text)
	gsub(/"/, "\\\"", text)
	gsub(/\t/, " ", text)
	return "\"" text "\""
}

function number(value) {
	return value == "" ? "null" : sprintf("%.6g", value)
}

function truth(value) {
	return value == "" ? "null" : value ? "true" : "false"
}

function print_json_pinning(i, pinning,    round, comma) {
	printf "      %s: {\"median\": %s, \"lowest\": %s, \"highest\": %s, ",
		quote(pinning), number(result[i, pinning]),
		number(lowest[i, pinning]), number(highest[i, pinning])
	printf "\"held\": %s, \"rounds\": [", truth(holds(i, pinning))
	for (round = 1; round <= rounds; round++) {
		printf "%s%s", comma, number(judge(i, pinning, round))
		comma = ", "
	}
	printf "]}"
}

function print_json_row(i,    comma) {
	printf "    {\"name\": %s, \"what\": %s, \"experiment\": %s,\n",
		quote(name[i]), quote(what[i]), quote(of[i])
	printf "     \"judgement\": %s, \"at most\": %s, \"where\": %s",
		quote(judgement[i]), bound[i] == "-" ? "null" : bound[i],
		quote(where[i])
	if ((i, "pinned") in result) {
		print ","
		print_json_pinning(i, "pinned")
	}
	if ((i, "unpinned") in result) {
		print ","
		print_json_pinning(i, "unpinned")
	}
	printf "}"
}

function print_json(    i, comma, field) {
	print "{"
	print "  \"machine\": {"
	for (i = 1; i <= n_machine; i++)
		printf "    %s: %s%s\n", quote(machine_keys[i]),
			quote(machine[machine_keys[i]]), i < n_machine ? "," : ""
	print "  },"
	print "  \"rounds\": " rounds + 0 ","
	print "  \"rows\": ["
	for (i = 1; i <= n_rows; i++) {
		if (!(name[i] in selected))
			continue
		printf "%s", comma
		print_json_row(i)
		comma = ",\n"
	}
	print "\n  ],"
	print "  \"left out\": ["
	for (i = 1; i <= n_left_out; i++)
		printf "    %s%s\n", quote(left_out[i]), i < n_left_out ? "," : ""
	print "  ],"
	print "  \"figures\": ["
	for (i = 1; i <= n_runs; i++) {
		split(runs[i], field, " ")
		printf "    [%s, %s, %s, %s, %s, %s]%s\n", quote(field[1]),
			quote(field[2]), field[3], quote(field[4]),
			quote(field[5]), field[6], i < n_runs ? "," : ""
	}
	print "  ]"
	print "}"
}

# Only where something is asked: the pinning that was measured.
function print_tap(    i, pinning, point) {
	for (i = 1; i <= n_rows; i++) {
		if (!(name[i] in selected) || bound[i] == "-")
			continue
		pinning = ((of[i], "pinned") in measured) ? "pinned" : "unpinned"
		printf "%s %d - %s: %s, at most %s%s\n",
			holds(i, pinning) == 1 ? "ok" : "not ok", ++point,
			name[i], cell(i, pinning), shown(i, bound[i] * slack),
			where[i] ~ /todo/ && holds(i, pinning) != 1 ? \
				" # TODO does not hold yet" : ""
	}
	print "1.." point + 0
}

function print_failing(    i) {
	for (i = 1; i <= n_rows; i++) {
		if (name[i] in selected && bound[i] != "-" && \
		    where[i] !~ /todo/ && holds(i, "pinned") != 1)
			print name[i]
	}
}

END {
	if (!slack)
		slack = 1
	for (i = 1; i <= n_rows; i++) {
		conclude(i, "pinned")
		conclude(i, "unpinned")
	}
	if (mode == "markdown")
		print_markdown()
	else if (mode == "json")
		print_json()
	else if (mode == "tap")
		print_tap()
	else if (mode == "failing")
		print_failing()
}
