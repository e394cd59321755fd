# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that no server asked for: each function talks to ADDRESS:PORT and
fails with what it saw instead of what must be.

usage: hostile.py CHECK ADDRESS:PORT [PID]
"""
import re
import resource
import select
import socket
import struct
import sys
import threading
import time

HOST = "Host: x\r\n"


def connect(timeout=10):
    s = socket.create_connection((address, port), timeout)
    s.settimeout(timeout)
    return s


def read_all(s):
    parts = []
    try:
        while True:
            part = s.recv(65536)
            if not part:
                break
            parts.append(part)
    except ConnectionResetError:
        parts.append(b"<reset>")
    except socket.timeout:
        parts.append(b"<still open>")
    return b"".join(parts)


def read_answer(s, rest=b""):
    """One answer with a content-length: status, body, what followed."""
    while b"\r\n\r\n" not in rest:
        part = s.recv(65536)
        assert part, "closed within a head: %r" % rest
        rest += part
    head, rest = rest.split(b"\r\n\r\n", 1)
    size = re.search(rb"content-length: (\d+)", head)
    size = int(size.group(1)) if size else 0
    while len(rest) < size:
        part = s.recv(65536)
        assert part, "closed within a body of %d: %d" % (size, len(rest))
        rest += part
    return int(head.split()[1]), rest[:size], rest[size:]


def same(got, wanted, what=""):
    assert got == wanted, "%s: %r instead of %r" % (what, got, wanted)


def get(path, headers=""):
    return ("GET %s HTTP/1.1\r\n%s%s\r\n" % (path, HOST, headers)).encode()


def ask(path):
    with connect() as s:
        s.sendall(get(path))
        return read_answer(s)[:2]


def post(headers, body=""):
    return "POST /echo HTTP/1.1\r\n" + HOST + headers + "\r\n" + body


REFUSED = [
    # Not HTTP.
    (400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    (400, "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n"),
    (400, "GET\r\n\r\n"),
    (400, "GET /\r\n\r\n"),
    (400, " GET / HTTP/1.1\r\n" + HOST + "\r\n"),
    (400, "GET  / HTTP/1.1\r\n" + HOST + "\r\n"),
    (400, "GET /\x01 HTTP/1.1\r\n" + HOST + "\r\n"),
    (400, "GET / HTTP/1.1 \r\n" + HOST + "\r\n"),
    (400, "GET / http/1.1\r\n" + HOST + "\r\n"),
    (400, "GET / HTTP/1.x\r\n" + HOST + "\r\n"),
    (400, "GET * HTTP/1.1\r\n" + HOST + "\r\n"),
    (400, "GET nowhere HTTP/1.1\r\n" + HOST + "\r\n"),
    (505, "GET / HTTP/2.0\r\n" + HOST + "\r\n"),
    (505, "GET / HTTP/0.9\r\n" + HOST + "\r\n"),
    (501, "CONNECT x:80 HTTP/1.1\r\n" + HOST + "\r\n"),
    (501, "A" * 33 + " / HTTP/1.1\r\n" + HOST + "\r\n"),
    (417, "GET / HTTP/1.1\r\n" + HOST + "Expect: a miracle\r\n\r\n"),
    # Lines that end otherwise.
    (400, "GET / HTTP/1.1\n" + HOST + "\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\n\r\n"),
    (400, "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n"),
    (400, "GET / HTTP/1.1\rHost: x\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + "A: b\rc\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + "A: b\0c\r\n\r\n"),
    # Hosts.
    (400, "GET / HTTP/1.1\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + HOST + "\r\n"),
    # Fields.
    (400, "GET / HTTP/1.1\r\n" + HOST + "A : b\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + ": b\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + "A\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + "A: b\r\n c\r\n\r\n"),
    (400, "GET / HTTP/1.1\r\n A: b\r\n" + HOST + "\r\n"),
    (400, "GET / HTTP/1.1\r\n" + HOST + "\xc3\xa4: b\r\n\r\n"),
    # Bodies whose end two readers could see at two places.
    (400, post("Content-Length: 1\r\nContent-Length: 2\r\n", "ab")),
    (400, post("Content-Length: 1\r\nContent-Length: 1\r\n", "a")),
    (400, post("Content-Length: 1, 1\r\n", "a")),
    (400, post("Content-Length: +1\r\n", "a")),
    (400, post("Content-Length: -1\r\n", "a")),
    (400, post("Content-Length: 0x1\r\n", "a")),
    (400, post("Content-Length: 1 1\r\n", "a")),
    (400, post("Content-Length:\r\n", "a")),
    (400, post("Content-Length: 99999999999999999999\r\n", "a")),
    (413, post("Content-Length: 99999999999999999\r\n", "a")),
    (400, post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
               "0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
               "0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
               "0\r\n\r\n")),
    (501, post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")),
    (501, post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")),
    (501, post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")),
    (501, post("Transfer-Encoding:\r\n", "0\r\n\r\n")),
    (400, post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n\t\r\n", "0\r\n\r\n")),
    (400, "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    # Chunks.
    (400, post("Transfer-Encoding: chunked\r\n", "\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "g\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "-1\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "0x1\r\na\r\n0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "1\na\r\n0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "1\r\na\n0\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "0\r\n\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "0\r\n a: b\r\n\r\n")),
    (400, post("Transfer-Encoding: chunked\r\n", "1000000000000000\r\n")),
    (431, post("Transfer-Encoding: chunked\r\n", "1;" + "x" * 9000)),
    (431, post("Transfer-Encoding: chunked\r\n", "0\r\n" + "a: b\r\n" * 3000)),
    # Too much of it.
    (414, "GET /" + "a" * 9000 + " HTTP/1.1\r\n" + HOST + "\r\n"),
    (414, "GET /" + "a" * 200000),
    (431, "GET / HTTP/1.1\r\n" + HOST + "A: b\r\n" * 200 + "\r\n"),
    (431, "GET / HTTP/1.1\r\n" + HOST + "A: " + "b" * 40000 + "\r\n\r\n"),
    (431, "GET / HTTP/1.1\r\n" + HOST + "A: " + "b" * 200000),
]


def refused():
    """Each is refused with its status, and the connection closed, whether it
    comes at once or in two pieces."""
    for status, text in REFUSED:
        for cut in (0, 1, len(text) // 2, len(text) - 1):
            request = text.encode("latin-1")
            with connect() as s:
                try:
                    if cut:
                        s.sendall(request[:cut])
                        time.sleep(0.002)
                    s.sendall(request[cut:])
                    # What comes behind it must not be read as a request.
                    s.sendall(get("/size/77"))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                got = read_all(s)
            heads = re.findall(rb"HTTP/1.1 (\d+)", got)
            same(heads, [b"%d" % status], "%r cut at %d" % (text[:80], cut))
            assert b"connection: close" in got
    print(len(REFUSED))


TAKEN = [
    ("/size/3", "GET http://host/size/3 HTTP/1.1\r\n" + HOST + "\r\n"),
    ("/size/3", "GET HTTPS://host:80/size/3?a=b HTTP/1.1\r\n" + HOST + "\r\n"),
    ("/size/3", "\r\nGET /size/3 HTTP/1.1\r\n" + HOST + "\r\n"),
    ("/size/3", "GET /size/3 HTTP/1.9\r\n" + HOST + "A:\r\nB:  c \t\r\n\r\n"),
    ("/size/3", "GET /size/3? HTTP/1.1\r\nhOST:\r\n\r\n"),
]


def taken():
    for _, text in TAKEN:
        with connect() as s:
            for byte in text.encode():
                s.sendall(bytes([byte]))
            same(read_answer(s)[:2], (200, b"xxx"), text)
    with connect() as s:
        s.sendall(b"GET /size/1 HTTP/1.0\r\n\r\n")
        got = read_all(s)
        assert got.startswith(b"HTTP/1.1 200 OK\r\n"), got
        assert got.endswith(b"\r\n\r\nx"), got
    with connect() as s:
        s.sendall(b"GET /size/1 HTTP/1.0\r\nConnection: a, Keep-Alive\r\n\r\n")
        same(read_answer(s), (200, b"x", b""))
        s.sendall(get("/size/2", "Connection: close\r\n"))
        got = read_all(s)
        assert b"connection: close\r\n" in got and got.endswith(b"\r\n\r\nxx")


def pipelined():
    """Many at once, and each answer in its turn."""
    with connect() as s:
        count = 3000
        wanted = b"".join(get("/size/%d" % (i % 500)) for i in range(count))
        threading.Thread(target=s.sendall, args=(wanted,)).start()
        rest = b""
        for i in range(count):
            status, body, rest = read_answer(s, rest)
            same((status, len(body)), (200, i % 500), "answer %d" % i)
        same(rest, b"")
    # One that is held back holds back those behind it.
    with connect() as s:
        begun = time.monotonic()
        s.sendall(get("/size/1") + get("/delay/200ms/size/2") +
                  get("/size/3"))
        status, body, rest = read_answer(s)
        same(len(body), 1)
        status, body, rest = read_answer(s, rest)
        same(len(body), 2)
        assert time.monotonic() - begun >= 0.2, "came early"
        status, body, rest = read_answer(s, rest)
        same(len(body), 3)


def bodies():
    """Of a length and in chunks, whole and in pieces, echoed unchanged."""
    body = bytes(range(256)) * 300
    chunked = b"".join(b"%x;name=\"v\"\r\n%s\r\n" % (len(part), part)
                       for part in (body[i:i + 997]
                                    for i in range(0, len(body), 997)))
    chunked += b"0\r\nTrailer: x\r\n\r\n"
    plain = post("Content-Length: %d\r\n" % len(body)).encode() + body
    pieces = post("Transfer-Encoding: Chunked\r\n").encode() + chunked
    for request in (plain, pieces):
        for step in (len(request), 1009, 65536):
            with connect() as s:
                for at in range(0, len(request), step):
                    s.sendall(request[at:at + step])
                # And one more behind it.
                s.sendall(get("/size/5"))
                status, got, rest = read_answer(s)
                same(status, 200)
                same(got == body, True, "echo in steps of %d" % step)
                same(read_answer(s, rest), (200, b"xxxxx", b""))
    # Not wanted, so only counted.
    with connect() as s:
        s.sendall(b"PUT /size/1 HTTP/1.1\r\n" + HOST.encode() +
                  b"Transfer-Encoding: chunked\r\n\r\n" + chunked)
        same(read_answer(s), (200, b"x", b""))
        s.sendall(b"PUT /size/1 HTTP/1.1\r\n" + HOST.encode() +
                  b"Content-Length: 30000000\r\n\r\n")
        for _ in range(300):
            s.sendall(b"y" * 100000)
        same(read_answer(s), (200, b"x", b""))


def expectations():
    with connect() as s:
        s.sendall(post("Content-Length: 4\r\nExpect: 100-continue\r\n")
                  .encode())
        same(s.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
        s.sendall(b"body")
        same(read_answer(s), (200, b"body", b""))
        # It is there already: nobody waits for the interim answer.
        s.sendall(post("Content-Length: 4\r\nExpect: 100-continue\r\n",
                       "body").encode())
        same(read_answer(s), (200, b"body", b""))
        s.sendall(b"HEAD /size/1000 HTTP/1.1\r\n" + HOST.encode() + b"\r\n")
        got = s.recv(1000)
        assert b"content-length: 1000\r\n" in got, got
        assert got.endswith(b"\r\n\r\n"), got
        s.sendall(get("/status/204") + get("/status/304") + get("/size/1"))
        answers = b""
        while not answers.endswith(b"x"):
            answers += s.recv(1000)
        same(answers.count(b"content-length"), 1)


def deadlines():
    """The server has request-timeout 300ms and idle-timeout 600ms."""
    def after(text, wanted, least, most):
        begun = time.monotonic()
        with connect() as s:
            s.sendall(text)
            got = read_all(s)
        took = time.monotonic() - begun
        same(got[:12], wanted, text)
        assert least <= took <= most, "%r took %g s" % (text, took)
    after(b"", b"", 0.5, 5)
    after(b"GET / HTT", b"HTTP/1.1 408", 0.25, 5)
    after(post("Content-Length: 10\r\n", "123").encode(), b"HTTP/1.1 408",
          0.25, 5)
    after(post("Transfer-Encoding: chunked\r\n", "5\r\n12").encode(),
          b"HTTP/1.1 408", 0.25, 5)
    # A byte now and then does not help.
    begun = time.monotonic()
    with connect() as s:
        for byte in get("/", "A: %s\r\n" % ("b" * 500)):
            s.sendall(bytes([byte]))
            if select.select([s], [], [], 0.02)[0]:
                break
        same(read_all(s)[:12], b"HTTP/1.1 408")
    assert time.monotonic() - begun < 5
    # An answer that is held back for longer than both.
    same(ask("/delay/900ms/size/1"), (200, b"x"))
    # A preface that never ends.
    after(b"PRI * HTTP/2.0\r\n\r\nSM\r", b"HTTP/1.1 408", 0.25, 5)
    # A stream that never ends.
    begun = time.monotonic()
    with h2() as s:
        s.sendall(frame(1, 4, 1, REQUEST))
        read_all(s)
    assert time.monotonic() - begun < 5


def half_closed():
    for path in ("/size/1", "/delay/100ms/size/1", "/size/9000000"):
        with connect() as s:
            s.sendall(get(path))
            s.shutdown(socket.SHUT_WR)
            time.sleep(0.01)
            status, body, rest = read_answer(s)
            same((status, rest), (200, b""), path)
            same(read_all(s), b"", path)
    with connect() as s:
        s.sendall(b"GET / HT")
        s.shutdown(socket.SHUT_WR)
        same(read_all(s), b"")
    # Gone before the answer.
    for _ in range(20):
        s = connect()
        s.sendall(get("/delay/20ms"))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack("ii", 1, 0))
        s.close()
    same(ask("/size/1"), (200, b"x"))


def memory():
    with open("/proc/%d/status" % pid) as f:
        return int(re.search(r"VmRSS:\s+(\d+)", f.read()).group(1))


def cpu_seconds():
    with open("/proc/%d/stat" % pid) as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def deaf():
    """Peers that ask for gigabytes and never read: idle-timeout 600ms."""
    before = memory()
    peers = []
    for i in range(50):
        s = connect()
        s.setblocking(False)
        request = get("/size/100MiB") * 20 + get("/size/300") * 2000
        try:
            while True:
                s.send(request)
        except BlockingIOError:
            pass
        peers.append(s)
    same(ask("/size/1"), (200, b"x"))
    grown = memory() - before
    # Their sockets are the kernel's; of ours, a batch each at most.
    assert grown < 50 * 256, "memory grew by %d KiB" % grown
    time.sleep(1.5)
    for s in peers:
        s.setblocking(True)
        s.settimeout(10)
        read_all(s)  # ends: it was closed
        s.close()
    same(ask("/size/1"), (200, b"x"))


def crowd():
    """Thousands of connections, most of them idle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(3000, hard - 100)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, hard))
    peers = [connect() for _ in range(count)]
    for s in peers:
        s.sendall(get("/size/2"))
    for s in peers:
        same(read_answer(s), (200, b"xx", b""))
    for s in peers[::7]:
        s.close()
    peers[0] = connect()
    for s in (peers[0], peers[1], peers[-2]):
        s.sendall(get("/size/2"))
        same(read_answer(s), (200, b"xx", b""))
    print(count)


def exhausted():
    """The server may have 64 files open."""
    peers = [connect() for _ in range(200)]
    for s in peers:
        s.sendall(get("/size/4"))
    served = []
    waiting = []
    time.sleep(0.3)
    for s in peers:
        s.settimeout(0.01)
        try:
            same(read_answer(s), (200, b"xxxx", b""))
            served.append(s)
        except socket.timeout:
            waiting.append(s)
    assert 30 <= len(served) <= 60, len(served)
    before = cpu_seconds()
    time.sleep(1)
    spent = cpu_seconds() - before
    assert spent < 0.3, "%g s of CPU in a second of waiting" % spent
    # Each that leaves makes room for another.
    while waiting:
        for s in served:
            s.close()
        served = waiting[:40]
        waiting = waiting[40:]
        for s in served:
            s.settimeout(10)
            same(read_answer(s), (200, b"xxxx", b""))
    for s in served:
        s.close()
    same(ask("/size/1"), (200, b"x"))


def limited():
    """--max-connections 5"""
    peers = [connect() for _ in range(8)]
    for s in peers:
        s.sendall(get("/size/4"))
    time.sleep(0.3)
    answered = 0
    for s in peers:
        s.settimeout(0.05)
        try:
            read_answer(s)
            answered += 1
        except socket.timeout:
            pass
    same(answered, 5)
    for s in peers[:5]:
        s.close()
    for s in peers[5:]:
        s.settimeout(10)
        same(read_answer(s), (200, b"xxxx", b""))


def faults():
    begun = time.monotonic()
    same(ask("/stall/300ms/size/1"), (200, b"x"))
    assert time.monotonic() - begun >= 0.3
    with connect() as s:
        s.sendall(get("/reset"))
        same(read_all(s), b"<reset>")
    with connect() as s:
        s.sendall(get("/garbage"))
        got = read_all(s)
        assert got and not got.startswith(b"HTTP"), got
    with connect() as s:
        s.sendall(get("/size/1000/cut"))
        got = read_all(s)
        assert b"content-length: 1000\r\n" in got
        same(len(got.split(b"\r\n\r\n", 1)[1]), 500)
    # What was answered before a reset arrives.
    with connect() as s:
        s.sendall(get("/size/1"))
        read_answer(s)
        s.sendall(get("/reset"))
        same(read_all(s), b"<reset>")


def hold():
    """Keeps connections in every state open until the server is gone."""
    peers = [connect() for _ in range(20)]
    for s, text in zip(peers, (b"", b"GET / HT", get("/size/9000000"),
                               get("/delay/1h"),
                               post("Content-Length: 9\r\n").encode())):
        s.sendall(text)
    streams = h2()
    streams.sendall(frame(1, 5, 1, REQUEST))
    time.sleep(0.2)
    print("holding", flush=True)
    for s in peers + [streams]:
        s.settimeout(10)
        read_all(s)


# --- HTTP/2 -------------------------------------------------------------------

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\0\0\0\4\0\0\0\0\0"
# :method GET, :path /, :scheme http, :authority x
REQUEST = b"\x82\x84\x86\x41\x01x"


def frame(kind, flags, stream, payload=b""):
    return (struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) +
            struct.pack(">I", stream) + payload)


def h2(settings=SETTINGS):
    s = connect()
    s.sendall(PREFACE + settings)
    return s


def frames(data):
    at = 0
    while at + 9 <= len(data):
        size = int.from_bytes(data[at:at + 3], "big")
        if at + 9 + size > len(data):
            return
        stream = int.from_bytes(data[at + 5:at + 9], "big")
        yield data[at + 3], data[at + 4], stream, data[at + 9:at + 9 + size]
        at += 9 + size


def until_closed(s):
    got = list(frames(read_all(s)))
    return [(kind, payload) for kind, _, _, payload in got]


def http2_violations():
    """Each ends the connection with a GOAWAY, and the server lives."""
    cases = [
        frame(1, 5, 2, REQUEST),                # an even stream
        frame(1, 5, 1, b"\xff" * 20),           # no HPACK
        frame(0, 0, 1, b"x"),                   # data of no stream
        frame(6, 0, 0, b"short"),               # PING of 5 bytes
        frame(8, 0, 0, b"\0\0\0\0"),            # a window of 0
        frame(8, 0, 0, b"\x7f\xff\xff\xff") * 2,
        frame(4, 0, 0, b"\0\3"),                # half a setting
        frame(4, 0, 0, b"\0\4\xff\xff\xff\xff"),
        frame(5, 4, 1, b"\0\0\0\2" + REQUEST),  # a push from a client
        frame(9, 4, 1, REQUEST),                # CONTINUATION of nothing
        frame(1, 1, 1, REQUEST) + frame(0, 1, 1, b"x"),
        b"\x01\x00\x00" + frame(0, 0, 1)[3:],   # larger than allowed
    ]
    for case in cases:
        with h2() as s:
            s.sendall(case)
            got = until_closed(s)
            assert any(kind == 7 for kind, _ in got), (case, got)
    # Not even a preface: as HTTP/1.
    with connect() as s:
        s.sendall(PREFACE[:20] + b"XXXX")
        assert read_all(s).startswith(b"HTTP/1.1 ")
    # Malformed requests: their stream is reset.
    for block in (b"\x82\x86\x41\x01x",                    # no :path
                  b"\x82\x84\x86\x41\x01x\x40\x01A\x01b",  # a capital
                  b"\x82\x82\x84\x86\x41\x01x",            # two methods
                  REQUEST + b"\x40\x0aconnection\x05close"):
        with h2() as s:
            s.sendall(frame(1, 5, 1, block) + frame(1, 5, 3, REQUEST))
            got = b""
            while not any(kind == 0 and stream == 3
                          for kind, _, stream, _ in frames(got)):
                part = s.recv(65536)
                assert part, (block, list(frames(got)))
                got += part
            assert (3, 1) in [(f[0], f[2]) for f in frames(got)], block
    same(ask("/size/1"), (200, b"x"))


def send_much(s, data, times):
    """Until it is sent, or the server has had enough."""
    try:
        for _ in range(times):
            s.sendall(data)
    except (BrokenPipeError, ConnectionResetError, socket.timeout):
        return False
    return True


def http2_floods():
    """Bounded in memory, whoever reads; the server goes on serving."""
    before = memory()
    big = b"\x40\x01a\x7f\x81\x1e" + b"b" * 4000
    floods = [
        frame(6, 0, 0, b"12345678") * 500,   # PING
        SETTINGS * 500,
        frame(1, 5, 0, b""),
        frame(2, 0, 1, b"\0\0\0\0\1") * 500,  # PRIORITY
    ]
    peers = []
    for flood in floods:
        s = h2()
        s.settimeout(0.5)
        send_much(s, flood, 400)
        peers.append(s)
    # Streams begun and reset.
    s = h2()
    s.settimeout(0.5)
    for i in range(100):
        if not send_much(s, b"".join(
                frame(1, 5, 2 * j + 1, REQUEST) +
                frame(3, 0, 2 * j + 1, b"\0\0\0\x08")
                for j in range(i * 200, i * 200 + 200)), 1):
            break
    peers.append(s)
    # Headers without end.
    s = h2()
    s.settimeout(0.5)
    s.sendall(frame(1, 1, 1, REQUEST))
    send_much(s, frame(9, 0, 1, big), 5000)
    peers.append(s)
    # More streams than allowed, and no window to answer them.
    s = h2(frame(4, 0, 0, b"\0\4\0\0\0\0"))
    s.settimeout(0.5)
    for i in range(5000):
        if not send_much(s, frame(1, 5, 2 * i + 1, REQUEST), 1):
            break
    peers.append(s)
    same(ask("/size/1"), (200, b"x"))
    grown = memory() - before
    assert grown < 32 * 1024, "memory grew by %d KiB" % grown
    for s in peers:
        s.close()
    same(ask("/size/1"), (200, b"x"))
    print(grown)


def http2_limits():
    """Too many fields: 431; too large a body: 413. --body-max 100KiB"""
    def status_of(data):
        with h2() as s:
            s.sendall(data)
            got = b""
            while True:
                for kind, _, stream, payload in frames(got):
                    if kind == 1 and stream == 1:
                        return payload
                part = s.recv(65536)
                assert part, list(frames(got))
                got += part
    many = b"".join(b"\x00\x02a%c\x01b" % (97 + i % 26) for i in range(300))
    assert b"431" in status_of(frame(1, 5, 1, REQUEST + many))
    post_block = b"\x83" + REQUEST[1:]
    got = status_of(frame(1, 4, 1, post_block) +
                    b"".join(frame(0, 0, 1, b"x" * 16000) for _ in range(7)))
    assert b"413" in got, got


if __name__ == "__main__":
    check = sys.argv[1]
    address, port = sys.argv[2].rsplit(":", 1)
    address = address.strip("[]")
    port = int(port)
    pid = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    globals()[check]()
