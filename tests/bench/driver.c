/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drivers against other generators: CPU seconds (user and system) of the
 * generator's process for each request, as a ratio from interleaved runs. A
 * real nginx on CPU 0 answers, the generator has CPU 1, one thread and 64
 * connections (where no other number is said) in a closed loop. The driver runs
 * as scope runs it, with its histograms and its report each second on.
 */
#include "tests/unit/load_report.h"

#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 7, SECONDS = 2 };

/* One comparison. In texts, %d is the server's port. */
struct against {
    const char *name;
    const char *options[4]; /* of the driver, NULL at the end */
    const char *command;    /* of the other */
    const char *line;       /* of its output, with the number of requests */
    const char *before;     /* what stands before that number */
    double target;
    bool http2;
};

#define DRIVER "http.connections=64"
static const struct against cases[] = {
    {.name = "wrk, 128 B",
     .options = {"http.url=http://127.0.0.1:%d/128", DRIVER},
     .command = "wrk -t1 -c64 -d2s http://127.0.0.1:%d/128",
     .line = "requests in",
     .before = "",
     .target = 0.95},
    {.name = "wrk, 16 KiB",
     .options = {"http.url=http://127.0.0.1:%d/16384", DRIVER},
     .command = "wrk -t1 -c64 -d2s http://127.0.0.1:%d/16384",
     .line = "requests in",
     .before = "",
     .target = 0.85},
    {.name = "wrk, 256 KiB",
     .options = {"http.url=http://127.0.0.1:%d/262144", DRIVER},
     .command = "wrk -t1 -c64 -d2s http://127.0.0.1:%d/262144",
     .line = "requests in",
     .before = "",
     .target = 0.35},
    {.name = "hey, 128 B",
     .options = {"http.url=http://127.0.0.1:%d/128", DRIVER},
     .command = "hey -cpus 1 -c 64 -z 2s http://127.0.0.1:%d/128",
     .line = "[200]",
     .before = "[200]",
     .target = 0.25},
    {.name = "h2load, 128 B, 8 connections x 16 streams",
     .options = {"http2.url=http://127.0.0.1:%d/128",
                 "http2.connections=8,streams=16"},
     .command = "h2load -t1 -c8 -m16 -D2 http://127.0.0.1:%d/128",
     .line = "requests:",
     .before = "requests:",
     .target = 0.95,
     .http2 = true},
    {.name = "h2load, 128 B, 64 connections x 1 stream",
     .options = {"http2.url=http://127.0.0.1:%d/128",
                 "http2.connections=64,streams=1"},
     .command = "h2load -t1 -c64 -m1 -D2 http://127.0.0.1:%d/128",
     .line = "requests:",
     .before = "requests:",
     .target = 0.95,
     .http2 = true},
};
enum { CASES = sizeof cases / sizeof *cases };

static const int sizes[] = {16384, 262144};

struct server {
    char folder[64];
    int port, http2_port;
    pid_t pid;
};

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static void bind_to(size_t cpu)
{
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(cpu, &only);
    if (sched_setaffinity(0, sizeof only, &only))
        give_up("bind to a CPU: two are needed");
}

/* One that was free a moment ago. */
static int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        give_up("find a free port");
    close(fd);
    return ntohs(address.sin_port);
}

static bool listens(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool does = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return does;
}

static FILE *open_file(const struct server *server, const char *name)
{
    char path[96];
    snprintf(path, sizeof path, "%s/%s", server->folder, name);
    FILE *file = fopen(path, "w");
    if (!file)
        give_up(path);
    return file;
}

static void close_file(FILE *file)
{
    if (fclose(file))
        give_up("write a file");
}

static void write_configuration(const struct server *server)
{
    FILE *file = open_file(server, "nginx.conf");
    fprintf(file,
            "daemon off;\npid nginx.pid;\nerror_log error.log;\n"
            "worker_processes 1;\nevents { worker_connections 1024; }\n"
            "http {\naccess_log off;\nkeepalive_requests 1000000000;\n"
            "sendfile on;\nopen_file_cache max=10;\n"
            "client_body_temp_path a;\nproxy_temp_path b;\n"
            "fastcgi_temp_path c;\nuwsgi_temp_path d;\nscgi_temp_path e;\n"
            "server {\nlisten 127.0.0.1:%d;\nlisten 127.0.0.1:%d http2;\n"
            "root %s;\nlocation = /128 { return 200 \"",
            server->port, server->http2_port, server->folder);
    for (int i = 0; i < 128; i++)
        fputc('x', file);
    fputs("\"; }\n}\n}\n", file);
    close_file(file);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", sizes[i]);
        file = open_file(server, name);
        for (int n = 0; n < sizes[i]; n++)
            fputc('x', file);
        close_file(file);
    }
}

static void start_server(struct server *server)
{
    snprintf(server->folder, sizeof server->folder, "/tmp/scope-bench-XXXXXX");
    if (!mkdtemp(server->folder))
        give_up(server->folder);
    /* Its worker is nobody, when this is root. */
    if (chmod(server->folder, 0755))
        give_up(server->folder);
    server->port = free_port();
    do
        server->http2_port = free_port();
    while (server->http2_port == server->port);
    write_configuration(server);
    server->pid = fork();
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM); /* this program may give up */
        bind_to(0);
        execlp("nginx", "nginx", "-p", server->folder, "-c", "nginx.conf", "-e",
               "error.log", (char *)NULL);
        give_up("start nginx");
    }
    for (int i = 0; i < 500 && !listens(server->port); i++) {
        if (waitpid(server->pid, NULL, WNOHANG) == server->pid) {
            fputs("nginx has ended at once\n", stderr);
            exit(1);
        }
        usleep(10000);
    }
}

static void stop_server(const struct server *server)
{
    static const char *const names[] = {
        "nginx.conf", "nginx.pid", "error.log", "a",     "b",
        "c",          "d",         "e",         "16384", "262144"};
    kill(server->pid, SIGTERM);
    waitpid(server->pid, NULL, 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[96];
        snprintf(path, sizeof path, "%s/%s", server->folder, names[i]);
        remove(path);
    }
    rmdir(server->folder);
}

/* CPU seconds of the children that have ended. */
static double children_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A text with the server's port in it. */
static const char *with_port(char *out, size_t size, const char *text, int port)
{
    const char *at = strstr(text, "%d");
    if (at)
        snprintf(out, size, "%.*s%d%s", (int)(at - text), text, port, at + 2);
    else
        snprintf(out, size, "%s", text);
    return out;
}

/* Each returns CPU microseconds a request. */
static double run_other(const struct against *against, int port)
{
    char command[256] = "exec ";
    with_port(command + 5, sizeof command - 5, against->command, port);
    double before = children_seconds();
    FILE *output = popen(command, "r");
    if (!output)
        give_up("start the other generator");
    char line[256];
    double requests = 0;
    while (fgets(line, sizeof line, output)) {
        const char *at = strstr(line, against->before);
        if (at && strstr(line, against->line))
            requests = strtod(at + strlen(against->before), NULL);
    }
    if (pclose(output) || requests <= 0) {
        fprintf(stderr, "failed, is it installed? %s\n", command + 5);
        exit(1);
    }
    return (children_seconds() - before) / requests * 1e6;
}

static double run_scope(const struct scope_pick *pick)
{
    struct load_report report;
    load_report_init(&report);
    double before = children_seconds();
    load_run(load_spawn(pick, 1000000000), SECONDS * INT64_C(1000000000),
             &report);
    double seconds = children_seconds() - before;
    uint64_t requests = load_report_value(&report, "requests");
    if (!requests || report.service.total != requests ||
        load_report_sum(&report, "errors/")) {
        fputs("the driver failed\n", stderr);
        exit(1);
    }
    load_report_free(&report);
    return seconds / (double)requests * 1e6;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

static const struct scope_pick *
pick_driver(struct scope_picks *picks, const struct against *against, int port)
{
    struct scope_err err = {0};
    for (size_t i = 0; against->options[i]; i++) {
        char text[128];
        with_port(text, sizeof text, against->options[i], port);
        if (scope_picks_add(picks, text, NULL, &err) != SCOPE_OK) {
            fprintf(stderr, "%s\n", err.text);
            exit(1);
        }
    }
    return scope_picks_at(picks, 0);
}

static bool compare(const struct against *against, int port,
                    struct scope_registry *registry)
{
    struct scope_picks *picks = scope_picks_new(registry, SCOPE_DRIVER);
    const struct scope_pick *pick = pick_driver(picks, against, port);
    double ratios[PAIRS];
    printf("%s\n%8s %8s %8s\n", against->name, "scope", "other", "ratio");
    for (int i = 0; i < PAIRS; i++) {
        double scope = run_scope(pick);
        double other = run_other(against, port);
        ratios[i] = scope / other;
        printf("%8.3f %8.3f %8.3f\n", scope, other, ratios[i]);
        fflush(stdout);
    }
    qsort(ratios, PAIRS, sizeof *ratios, ascending);
    double median = ratios[PAIRS / 2];
    bool met = median <= against->target;
    printf("driver against %s, CPU a request: median %.3f of %d pairs, target "
           "%.2f: %s\n",
           against->name, median, PAIRS, against->target,
           met ? "met" : "MISSED");
    scope_picks_free(picks);
    return met;
}

/* With a name, only the cases whose names begin with it. */
int main(int argc, char **argv)
{
    struct server server = {0};
    struct scope_registry *registry;
    struct scope_err err = {0};
    if (scope_registry_open(&registry, &err) != SCOPE_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    start_server(&server);
    bind_to(1);
    printf("CPU of the generator, us a request: nginx, closed loop, %d s a "
           "run\n",
           SECONDS);
    bool met = true;
    for (size_t i = 0; i < CASES; i++)
        if (argc < 2 || strncmp(cases[i].name, argv[1], strlen(argv[1])) == 0)
            met = compare(&cases[i],
                          cases[i].http2 ? server.http2_port : server.port,
                          registry) &&
                  met;
    scope_registry_close(registry);
    stop_server(&server);
    return met ? 0 : 1;
}
