/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TLS over a pair of sockets, with certificates that the openssl command makes
 * for the test: what is agreed on, what is refused, and in which words. */
#include "tests/unit/unit.h"

#include "lib/net/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <scope/alloc.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/scope-tls-XXXXXX";

static char *in_folder(const char *name)
{
    return scope_format("%s/%s", folder, name);
}

/* Two authorities; of the first, certificates of a server (good, and expired
 * long ago) and of a client. */
static const char script[] =
    "set -e; cd \"$1\"; exec 2>log\n"
    "new() { openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
    "-keyout $1.key -subj /CN=$2 \"${@:3}\"; }\n"
    "for ca in ca other; do new $ca $ca -x509 -days 2 -out $ca.pem; done\n"
    "sign() { openssl x509 -req -in $1.csr -CA ca.pem -CAkey ca.key "
    "-CAcreateserial -out $1.pem \"${@:2}\"; }\n"
    "printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\n' >names\n"
    "for who in server client old; do new $who $who -out $who.csr; done\n"
    "sign server -days 2 -extfile names\n"
    "sign client -days 2\n"
    ": >index; echo 01 >serial\n"
    "printf '[ca]\\ndefault_ca=d\\n[d]\\ndir=.\\ndatabase=index\\n"
    "serial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n"
    "[p]\\ncommonName=supplied\\n' >conf\n"
    "openssl ca -batch -config conf -cert ca.pem -keyfile ca.key -in old.csr "
    "-startdate 20200101000000Z -enddate 20200102000000Z -extfile names "
    "-notext -out old.pem\n"
    "cat server.pem server.key >both.pem\n";

static int make_certificates(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    pid_t child = fork();
    if (child == 0) {
        execlp("bash", "bash", "-c", script, "make", folder, (char *)NULL);
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return status ? -1 : 0;
}

static int remove_certificates(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-r", folder, (char *)NULL);
        _exit(127);
    }
    return waitpid(child, NULL, 0) == child ? 0 : -1;
}

/* Both ends of one connection. */
struct pair {
    struct scope_tls *client, *server;
    struct scope_tls_stream *near, *far;
    int fds[2];
};

struct plan {
    const char *certificate, *key; /* of the server */
    const char *client_ca;
    const char *ca; /* what the client trusts */
    const char *name, *client_certificate, *client_key;
    const char *host;
    bool insecure, resume;
    const char *const *offers, *const *speaks;
};

static void pair_open(struct pair *pair, const struct plan *plan)
{
    char *certificate =
        in_folder(plan->certificate ? plan->certificate : "server.pem");
    char *key = in_folder(plan->key ? plan->key : "server.key");
    char *ca = in_folder(plan->ca ? plan->ca : "ca.pem");
    char *client_ca = plan->client_ca ? in_folder(plan->client_ca) : NULL;
    char *shown =
        plan->client_certificate ? in_folder(plan->client_certificate) : NULL;
    char *shown_key = plan->client_key ? in_folder(plan->client_key) : NULL;
    const struct scope_tls_options options = {
        .ca = ca,
        .insecure = plan->insecure,
        .name = plan->name,
        .certificate = shown,
        .key = shown_key,
        .resume = plan->resume,
    };
    struct scope_err err = {0};
    *pair = (struct pair){.fds = {-1, -1}};
    if (scope_tls_server(&pair->server, certificate, key, client_ca,
                         plan->speaks, &err) ||
        scope_tls_client(&pair->client, &options,
                         plan->host ? plan->host : "localhost", plan->offers,
                         &err))
        fail_msg("%s", err.text);
    free(certificate);
    free(key);
    free(ca);
    free(client_ca);
    free(shown);
    free(shown_key);
}

static void pair_connect(struct pair *pair)
{
    assert_int_equal(
        socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair->fds), 0);
    pair->near = scope_tls_stream_new(pair->client, pair->fds[0]);
    pair->far = scope_tls_stream_new(pair->server, pair->fds[1]);
}

static void pair_disconnect(struct pair *pair)
{
    scope_tls_stream_free(pair->near);
    scope_tls_stream_free(pair->far);
    close(pair->fds[0]);
    close(pair->fds[1]);
}

static void pair_close(struct pair *pair)
{
    pair_disconnect(pair);
    scope_tls_free(pair->client);
    scope_tls_free(pair->server);
}

/* Lets both sides go on until each has come to an end. */
static void shake(struct pair *pair, enum scope_tls_result *near,
                  enum scope_tls_result *far)
{
    *near = *far = SCOPE_TLS_AGAIN;
    for (int i = 0; i < 20; i++) {
        if (*near == SCOPE_TLS_AGAIN)
            *near = scope_tls_handshake(pair->near);
        if (*far == SCOPE_TLS_AGAIN)
            *far = scope_tls_handshake(pair->far);
    }
}

static void shake_well(struct pair *pair)
{
    enum scope_tls_result near;
    enum scope_tls_result far;
    shake(pair, &near, &far);
    if (near || far)
        fail_msg("client: %s; server: %s", scope_tls_stream_fault(pair->near),
                 scope_tls_stream_fault(pair->far));
}

static void send_text(struct scope_tls_stream *from,
                      struct scope_tls_stream *to, const char *text)
{
    char bytes[256];
    size_t size = strlen(text);
    assert_int_equal(scope_tls_send(from, text, size), size);
    assert_int_equal(scope_tls_recv(to, bytes, sizeof bytes), size);
    assert_memory_equal(bytes, text, size);
}

static void test_bytes_go_both_ways(void **state)
{
    (void)state;
    struct pair pair;
    char byte;
    pair_open(&pair, &(struct plan){0});
    pair_connect(&pair);
    assert_int_equal(scope_tls_handshake(pair.far), SCOPE_TLS_AGAIN);
    shake_well(&pair);
    assert_false(scope_tls_resumed(pair.near));
    assert_string_equal(scope_tls_alpn(pair.near), "");
    send_text(pair.near, pair.far, "a question");
    send_text(pair.far, pair.near, "an answer");
    errno = 0;
    assert_int_equal(scope_tls_recv(pair.near, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    /* One that ends properly, then is written to. */
    scope_tls_stream_free(pair.near);
    pair.near = NULL;
    assert_int_equal(scope_tls_recv(pair.far, &byte, 1), 0);
    pair_close(&pair);
}

static void test_much_is_sent_in_pieces(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    struct pair pair;
    pair_open(&pair,
              &(struct plan){.certificate = "both.pem", .key = "both.pem"});
    pair_connect(&pair);
    shake_well(&pair);
    char *bytes = scope_alloc(SIZE, 1);
    char *got = scope_alloc(SIZE, 1);
    for (size_t i = 0; i < SIZE; i++)
        bytes[i] = (char)(i * 7 + i / 1000);
    size_t sent = 0;
    size_t received = 0;
    bool blocked = false;
    while (received < SIZE) {
        ssize_t count = scope_tls_send(pair.near, bytes + sent, SIZE - sent);
        if (count > 0) {
            sent += (size_t)count;
            continue;
        }
        blocked |= count < 0 && errno == EAGAIN;
        count = scope_tls_recv(pair.far, got + received, SIZE - received);
        if (count > 0)
            received += (size_t)count;
        else
            assert_true(count < 0 && errno == EAGAIN);
    }
    assert_true(blocked);
    assert_int_equal(sent, SIZE);
    assert_memory_equal(bytes, got, SIZE);
    free(bytes);
    free(got);
    pair_close(&pair);
}

/* The client refuses, in these words. */
static void assert_refused(const struct plan *plan, const char *words)
{
    struct pair pair;
    enum scope_tls_result near;
    enum scope_tls_result far;
    pair_open(&pair, plan);
    pair_connect(&pair);
    shake(&pair, &near, &far);
    assert_int_equal(near, SCOPE_TLS_FAILED);
    assert_string_equal(scope_tls_stream_fault(pair.near), words);
    /* And stays so. */
    assert_int_equal(scope_tls_send(pair.near, "x", 1), -1);
    assert_int_equal(errno, EPROTO);
    assert_string_equal(scope_tls_stream_fault(pair.near), words);
    pair_close(&pair);
}

static void test_certificates_are_checked(void **state)
{
    (void)state;
    assert_refused(&(struct plan){.ca = "other.pem"},
                   "certificate: unable to get local issuer certificate");
    assert_refused(&(struct plan){.host = "example.org"},
                   "certificate: hostname mismatch");
    assert_refused(&(struct plan){.host = "127.0.0.2"},
                   "certificate: IP address mismatch");
    assert_refused(&(struct plan){.certificate = "old.pem", .key = "old.key"},
                   "certificate: certificate has expired");
}

static void test_what_passes_the_check(void **state)
{
    (void)state;
    static const struct plan plans[] = {
        {.host = "127.0.0.1"},
        {.host = "localhost."},
        {.host = "example.org", .name = "localhost"},
        {.host = "example.org", .ca = "other.pem", .insecure = true},
    };
    for (size_t i = 0; i < sizeof plans / sizeof *plans; i++) {
        struct pair pair;
        pair_open(&pair, &plans[i]);
        pair_connect(&pair);
        shake_well(&pair);
        send_text(pair.near, pair.far, "x");
        pair_close(&pair);
    }
}

static void test_a_client_certificate_is_asked_for(void **state)
{
    (void)state;
    struct pair pair;
    enum scope_tls_result near;
    enum scope_tls_result far;
    char byte;
    pair_open(&pair, &(struct plan){.client_ca = "ca.pem"});
    pair_connect(&pair);
    shake(&pair, &near, &far);
    assert_int_equal(far, SCOPE_TLS_FAILED);
    assert_string_equal(scope_tls_stream_fault(pair.far),
                        "peer did not return a certificate");
    /* In TLS 1.3 the client hears of it only when it reads. */
    assert_int_equal(scope_tls_recv(pair.near, &byte, 1), -1);
    assert_int_equal(errno, EPROTO);
    assert_string_equal(scope_tls_stream_fault(pair.near),
                        "tlsv13 alert certificate required");
    pair_close(&pair);
    pair_open(&pair, &(struct plan){.client_ca = "ca.pem",
                                    .client_certificate = "client.pem",
                                    .client_key = "client.key"});
    pair_connect(&pair);
    shake_well(&pair);
    send_text(pair.near, pair.far, "x");
    pair_close(&pair);
}

static void test_a_protocol_is_agreed_on(void **state)
{
    (void)state;
    static const char *const both[] = {"h2", "http/1.1", NULL};
    static const char *const one[] = {"http/1.1", NULL};
    static const char *const none[] = {"x", NULL};
    static const struct {
        const char *const *offers, *const *speaks;
        const char *agreed;
    } cases[] = {
        {both, both, "h2"}, {both, one, "http/1.1"}, {one, both, "http/1.1"},
        {NULL, both, ""},   {both, NULL, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct pair pair;
        pair_open(&pair, &(struct plan){.offers = cases[i].offers,
                                        .speaks = cases[i].speaks});
        pair_connect(&pair);
        shake_well(&pair);
        assert_string_equal(scope_tls_alpn(pair.near), cases[i].agreed);
        assert_string_equal(scope_tls_alpn(pair.far), cases[i].agreed);
        pair_close(&pair);
    }
    assert_refused(&(struct plan){.offers = none, .speaks = both},
                   "tlsv1 alert no application protocol");
}

static void test_sessions_are_resumed(void **state)
{
    (void)state;
    for (int resume = 0; resume < 2; resume++) {
        struct pair pair;
        pair_open(&pair, &(struct plan){.resume = resume});
        for (int i = 0; i < 3; i++) {
            pair_connect(&pair);
            shake_well(&pair);
            /* The ticket comes with what is read next. */
            send_text(pair.far, pair.near, "x");
            assert_int_equal(scope_tls_resumed(pair.near), resume && i);
            assert_int_equal(scope_tls_resumed(pair.far), resume && i);
            if (i < 2)
                pair_disconnect(&pair);
        }
        pair_close(&pair);
    }
}

static void test_ends_of_the_connection(void **state)
{
    (void)state;
    struct pair pair;
    char byte;
    /* Closed before the handshake was over. */
    pair_open(&pair, &(struct plan){0});
    pair_connect(&pair);
    assert_int_equal(scope_tls_handshake(pair.near), SCOPE_TLS_AGAIN);
    shutdown(pair.fds[1], SHUT_RDWR);
    assert_int_equal(scope_tls_handshake(pair.near), SCOPE_TLS_CLOSED);
    pair_disconnect(&pair);
    /* Closed without a close_notify; then written to, without a signal. */
    pair_connect(&pair);
    shake_well(&pair);
    send_text(pair.far, pair.near, "x");
    shutdown(pair.fds[1], SHUT_RDWR);
    assert_int_equal(scope_tls_send(pair.near, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    pair_disconnect(&pair);
    pair_connect(&pair);
    shake_well(&pair);
    send_text(pair.far, pair.near, "x");
    shutdown(pair.fds[1], SHUT_WR);
    assert_int_equal(scope_tls_recv(pair.near, &byte, 1), 0);
    pair_disconnect(&pair);
    /* A peer that speaks something else. */
    pair_connect(&pair);
    assert_int_equal(send(pair.fds[0], "GET / HTTP/1.1\r\n\r\n", 18, 0), 18);
    assert_int_equal(scope_tls_handshake(pair.far), SCOPE_TLS_FAILED);
    assert_int_equal(errno, EPROTO);
    assert_string_equal(scope_tls_stream_fault(pair.far), "http request");
    pair_close(&pair);
}

static void assert_no_server(const char *certificate, const char *key,
                             const char *what, const char *bad, const char *why)
{
    struct scope_tls *tls = NULL;
    struct scope_err err = {0};
    char *from = in_folder(certificate);
    char *with = in_folder(key);
    char *wanted = scope_format("%s %s/%s: %s", what, folder, bad, why);
    assert_int_equal(scope_tls_server(&tls, from, with, NULL, NULL, &err),
                     SCOPE_USAGE);
    assert_null(tls);
    assert_string_equal(err.text, wanted);
    free(wanted);
    free(from);
    free(with);
}

static void test_files_that_are_no_use(void **state)
{
    (void)state;
    assert_no_server("none", "none", "read the certificate", "none",
                     "No such file or directory");
    assert_no_server("names", "server.key", "read the certificate", "names",
                     "no start line");
    assert_no_server("server.pem", "client.key", "read the private key",
                     "client.key", "key values mismatch");
    struct scope_tls *tls;
    struct scope_err err = {0};
    assert_int_equal(
        scope_tls_client(&tls, &(struct scope_tls_options){.ca = "/none"},
                         "localhost", NULL, &err),
        SCOPE_USAGE);
    assert_string_equal(err.text, "read the certificates /none: No such file "
                                  "or directory");
    assert_int_equal(scope_tls_client(&tls,
                                      &(struct scope_tls_options){.key = "k"},
                                      "localhost", NULL, &err),
                     SCOPE_USAGE);
    assert_string_equal(err.text, "a private key (k) without its certificate");
    static const char *const empty[] = {"", NULL};
    assert_int_equal(
        scope_tls_client(&tls, &(struct scope_tls_options){.insecure = true},
                         "localhost", empty, &err),
        SCOPE_USAGE);
    assert_string_equal(err.text, "'' cannot be the name of a protocol");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bytes_go_both_ways),
        cmocka_unit_test(test_much_is_sent_in_pieces),
        cmocka_unit_test(test_certificates_are_checked),
        cmocka_unit_test(test_what_passes_the_check),
        cmocka_unit_test(test_a_client_certificate_is_asked_for),
        cmocka_unit_test(test_a_protocol_is_agreed_on),
        cmocka_unit_test(test_sessions_are_resumed),
        cmocka_unit_test(test_ends_of_the_connection),
        cmocka_unit_test(test_files_that_are_no_use),
    };
    return cmocka_run_group_tests(tests, make_certificates,
                                  remove_certificates);
}
