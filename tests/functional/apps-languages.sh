#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Run-time systems with threads and children: Python, Node, Java.

. "${srcdir:?}/tests/lib/tap.sh"
. "$srcdir/tests/functional/apps.sh"

if needs "Python" python3; then
	cat >"$tmp/pool.py" <<'END'
import multiprocessing as mp


def square(n):
    return n * n


def worker(queue, lock, total):
    while True:
        n = queue.get()
        if n is None:
            return
        with lock:
            total.value += n


if __name__ == '__main__':
    for method in 'fork', 'spawn', 'forkserver':
        with mp.get_context(method).Pool(3) as pool:
            print(method, pool.map(square, range(50)))
    queue, lock, total = mp.Queue(), mp.Lock(), mp.Value('i', 0, lock=False)
    workers = [mp.Process(target=worker, args=(queue, lock, total))
               for _ in range(4)]
    for w in workers:
        w.start()
    for n in list(range(100)) + [None] * 4:
        queue.put(n)
    for w in workers:
        w.join()
    print(total.value, [w.exitcode for w in workers])
END
	audited "Python multiprocessing" python3 "$tmp/pool.py"
	like "it has added up" "$(cat "$tmp/app.out")" \
		'^4950 \[0, 0, 0, 0\]$'
	cat >"$tmp/threads.py" <<'END'
import os
import subprocess
import sys
import threading

results = {}


def work(number):
    for turn in range(5):
        r = subprocess.run(['sh', '-c', 'cat; exit %d' % number],
                           input=b'x' * 1000 * turn, stdout=subprocess.PIPE)
        results[number, turn] = r.returncode, len(r.stdout)


threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
for t in threads:
    t.start()
for t in threads:
    t.join()
for key in sorted(results):
    print(key, results[key])
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    os._exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
sys.exit(3)
END
	audited "Python threads with subprocesses" python3 "$tmp/threads.py"
	is "its status is its own" "$app_status" 3
fi

if needs "Node" node; then
	cat >"$tmp/children.js" <<'END'
const { execFile, fork, spawnSync } = require('child_process');
const { Worker } = require('worker_threads');

const shell = (i) => new Promise((done) =>
    execFile('sh', ['-c', `echo ${i}; exit ${i}`], (error, out) =>
        done(`sh ${i}: ${out.trim()} ${error ? error.code : 0}`)));

const forked = (i) => new Promise((done) => {
    const child = fork(__filename, ['child']);
    let answer;
    child.on('message', (m) => { answer = m; });
    // Its exit may be told before its last message.
    const tell = () => {
        if (answer !== undefined && child.exitCode !== null)
            done(`fork ${i}: ${answer} ${child.exitCode}`);
    };
    child.on('message', tell);
    child.on('exit', tell);
    child.send(i);
});

const worker = (i) => new Promise((done) => {
    const code = 'require("worker_threads").parentPort.postMessage(6 * 7)';
    const w = new Worker(code, { eval: true });
    w.on('message', (m) => done(`worker ${i}: ${m}`));
});

if (process.argv[2] === 'child') {
    process.on('message', (m) => {
        process.send(m * 2, () => process.disconnect());
    });
} else {
    const numbers = [0, 1, 2, 3, 4, 5];
    Promise.all(numbers.flatMap((i) => [shell(i), forked(i), worker(i)]))
        .then((lines) => {
            console.log(lines.join('\n'));
            console.log(spawnSync('sh', ['-c', 'exit 4']).status);
            process.exitCode = 6;
        });
}
END
	audited "Node child processes" node "$tmp/children.js"
	is "its status is its own" "$app_status" 6
	like "its children have answered" "$(cat "$tmp/app.out")" \
		'^fork 5: 10 0$'
fi

if needs "Java" javac java; then
	mkdir "$tmp/java"
	cat >"$tmp/java/Threads.java" <<'END'
import java.util.*;
import java.util.concurrent.*;

public class Threads {
    static int run(int n) throws Exception {
        return new ProcessBuilder("sh", "-c", "exit " + n).start().waitFor();
    }

    static int work(int n) throws Exception {
        int sum = 0;
        for (int k = 0; k < 100000; k++)
            sum += k % (n + 1);
        return sum + run(n);
    }

    public static void main(String[] args) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(8);
        List<Future<Integer>> sums = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            final int n = i;
            sums.add(pool.submit(() -> work(n)));
        }
        for (Future<Integer> sum : sums)
            System.out.println(sum.get());
        pool.shutdown();
        System.exit(8);
    }
}
END
	audited "javac" javac -d "$tmp/java" "$tmp/java/Threads.java"
	audited "a Java program with threads and children" \
		java -cp "$tmp/java" Threads
	is "its status is its own" "$app_status" 8
fi

done_testing
