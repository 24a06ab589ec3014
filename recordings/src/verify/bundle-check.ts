/** A program for auditors: checks a bundle's trees with Python's standard library alone. */
export const bundleCheck = String.raw`# Checks that the leaves of this bundle are in the log its checkpoint is of, and
# that the recording is the one they tell of. Who signed the checkpoint is for
# openssl to say: see README.txt.
import base64, glob, hashlib, json, sys


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(leaf):
    return sha256(b"\0" + leaf)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


def root_after_climbing(digest, index, size, path):
    """RFC 9162, 2.1.3.2: from a leaf to the root of a tree of this size."""
    here, last = index, size - 1
    for beside in path:
        if here % 2 == 1 or here == last:
            digest = node_hash(beside, digest)
            while here % 2 == 0 and here != 0:
                here, last = here // 2, last // 2
        else:
            digest = node_hash(digest, beside)
        here, last = here // 2, last // 2
    return digest if last == 0 and index < size else None


def root_of(subtrees):
    """RFC 6962, 2.1: the root over complete subtrees, each a size and a hash."""
    waiting = []
    for size, digest in subtrees:
        while waiting and waiting[-1][0] == size:
            digest = node_hash(waiting.pop()[1], digest)
            size *= 2
        waiting.append((size, digest))
    digest = waiting.pop()[1]
    while waiting:
        digest = node_hash(waiting.pop()[1], digest)
    return digest


def cover(first, end):
    """Sizes of the largest complete subtrees that the leaves from first to before end are."""
    while first < end:
        size = 1
        while first % (2 * size) == 0 and first + 2 * size <= end:
            size *= 2
        yield size
        first += size


def recording(path, lines, voids):
    """The recording's subtrees: a line each; where lines were erased, what is left of them."""
    number = 0
    with open(path, "rb") as file:
        for line in file:
            if number == lines:
                return
            check(line.endswith(b"\n"), "line %d is whole" % number, quiet=True)
            line = line[:-1]
            event = json.loads(line)
            if isinstance(event, list) and event[1] == "v":
                gap = json.loads(event[2])
                check(gap["from"] == number, "line %d stands for the next lines" % number, quiet=True)
                check((gap["from"], gap["to"], leaf_hash(line)) in voids, "lines %(from)d to %(to)d (not counted) were erased lawfully" % gap)
                sizes = list(cover(gap["from"], gap["to"]))
                check(len(sizes) == len(gap["hashes"]), "they left as many hashes as they must", quiet=True)
                for size, digest in zip(sizes, gap["hashes"]):
                    yield size, base64.b64decode(digest)
                number = gap["to"]
            else:
                yield 1, leaf_hash(line)
                number += 1
    check(number == lines, "the recording has %d lines" % lines)


def check(is_so, what, quiet=False):
    if not is_so:
        print("FAILED: it is not so that", what)
        sys.exit(1)
    if not quiet:
        print("ok:", what)


def read_proof(path):
    head, checkpoint = open(path, "rb").read().split(b"\n\n", 1)
    lines = head.decode().split("\n")
    check(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra ") and lines[2].startswith("index "), path + " is a proof", quiet=True)
    statement = base64.b64decode(lines[1][6:]).split(b"\n")
    return statement, int(lines[2][6:]), [base64.b64decode(line) for line in lines[3:]], checkpoint


def read_checkpoint(note):
    origin, size, root = note.decode().split("\n\n")[0].split("\n")[:3]
    return int(size), base64.b64decode(root)


newest = open("checkpoint", "rb").read()
[main] = glob.glob("*.cast.tlog-proof")
leaves = []
head = None
for path in [main] + sorted(glob.glob("log/*.tlog-proof")):
    statement, index, way, note = read_proof(path)
    # A change of keys is proved in the checkpoint that both keys signed then.
    check(note == newest or path.endswith("-handover.tlog-proof"), path + " leads to the checkpoint", quiet=True)
    size, root = read_checkpoint(note)
    leaf = json.loads(statement[0])
    check(root_after_climbing(leaf_hash(statement[0]), index, size, way) == root, "leaf %d of %d is %s (%s)" % (index, size, leaf["kind"], path))
    leaves.append((index, leaf))
    if len(statement) > 2 and statement[1].startswith(b"head "):
        way = [base64.b64decode(line) for line in statement[3:-1]]
        climbed = root_after_climbing(leaf_hash(statement[2]), int(statement[1][5:]), leaf["count"], way)
        check(climbed == base64.b64decode(leaf["root"]), "the session is in the list of epoch %d" % leaf["number"])
        session, lines, root = statement[2].decode().split(" ")
        head = (session, int(lines), base64.b64decode(root))

for index, leaf in leaves:
    if leaf["kind"] == "seal":
        head = (leaf["session"], leaf["size"], base64.b64decode(leaf["root"]))
voids = [(leaf["from"], leaf["to"], base64.b64decode(leaf["void"])) for _, leaf in leaves if leaf["kind"] == "erase"]

session, lines, root = head
path = session + ".cast"
check(path + ".tlog-proof" == main, "the proof is of this session")
check(root_of(recording(path, lines, voids)) == root, "the first %d lines of %s are what the log says" % (lines, path))
with open(path, "rb") as file:
    first = file.readline()[:-1]
for index, leaf in leaves:
    if leaf["kind"] == "open":
        check(leaf_hash(first) == base64.b64decode(leaf["header"]), "its header is the one that leaf %d opened the session with" % index)
`
