/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The driver http against wrk: CPU seconds (user and system) of the generator's
 * process for each request, as a ratio from interleaved runs. A real nginx on
 * CPU 0 answers with 128 bytes, the generator has CPU 1, one thread and 64
 * connections in a closed loop. The driver runs as scope runs it, with its
 * histograms and its report each second on.
 */
#include "tests/unit/load_report.h"

#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAIRS = 7, SECONDS = 2, BODY = 128, CONNECTIONS = 64 };
#define TARGET 1.0

struct server {
    char folder[64];
    int port;
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

static void write_configuration(const struct server *server)
{
    char path[96];
    snprintf(path, sizeof path, "%s/nginx.conf", server->folder);
    FILE *file = fopen(path, "w");
    if (!file)
        give_up(path);
    fprintf(file,
            "daemon off;\npid nginx.pid;\nerror_log error.log;\n"
            "worker_processes 1;\nevents { worker_connections 1024; }\n"
            "http {\naccess_log off;\nkeepalive_requests 1000000000;\n"
            "client_body_temp_path a;\nproxy_temp_path b;\n"
            "fastcgi_temp_path c;\nuwsgi_temp_path d;\nscgi_temp_path e;\n"
            "server {\nlisten 127.0.0.1:%d;\nlocation / { return 200 \"",
            server->port);
    for (int i = 0; i < BODY; i++)
        fputc('x', file);
    fputs("\"; }\n}\n}\n", file);
    if (fclose(file))
        give_up(path);
}

static void start_server(struct server *server)
{
    snprintf(server->folder, sizeof server->folder, "/tmp/scope-bench-XXXXXX");
    if (!mkdtemp(server->folder))
        give_up(server->folder);
    server->port = free_port();
    write_configuration(server);
    server->pid = fork();
    if (server->pid == 0) {
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
        "nginx.conf", "nginx.pid", "error.log", "a", "b", "c", "d", "e"};
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

/* Each returns CPU microseconds a request. */
static double run_wrk(const struct server *server)
{
    char command[128];
    snprintf(command, sizeof command,
             "exec wrk -t1 -c%d -d%ds http://127.0.0.1:%d/", CONNECTIONS,
             SECONDS, server->port);
    double before = children_seconds();
    FILE *output = popen(command, "r");
    if (!output)
        give_up("start wrk");
    char line[256];
    double requests = 0;
    while (fgets(line, sizeof line, output))
        if (strstr(line, "requests in"))
            requests = strtod(line, NULL);
    if (pclose(output) || requests <= 0) {
        fputs("wrk failed: is it installed?\n", stderr);
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

static const struct scope_pick *pick_driver(struct scope_registry **registry,
                                            struct scope_picks **picks,
                                            int port)
{
    char text[96];
    struct scope_err err = {0};
    snprintf(text, sizeof text,
             "http.url=http://127.0.0.1:%d/,connections=%d,threads=1", port,
             CONNECTIONS);
    enum scope_code code = scope_registry_open(registry, &err);
    if (code == SCOPE_OK) {
        *picks = scope_picks_new(*registry, SCOPE_DRIVER);
        code = scope_picks_add(*picks, text, NULL, &err);
    }
    if (code != SCOPE_OK) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    return scope_picks_at(*picks, 0);
}

int main(void)
{
    struct server server = {0};
    struct scope_registry *registry;
    struct scope_picks *picks;
    start_server(&server);
    bind_to(1);
    const struct scope_pick *pick = pick_driver(&registry, &picks, server.port);
    printf("CPU of the generator, us a request: nginx, %d bytes, %d "
           "connections, closed loop, %d s a run\n%8s %8s %8s\n",
           BODY, CONNECTIONS, SECONDS, "scope", "wrk", "ratio");
    double ratios[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        double scope = run_scope(pick);
        double wrk = run_wrk(&server);
        ratios[i] = scope / wrk;
        printf("%8.3f %8.3f %8.3f\n", scope, wrk, ratios[i]);
        fflush(stdout);
    }
    qsort(ratios, PAIRS, sizeof *ratios, ascending);
    double median = ratios[PAIRS / 2];
    printf("driver against wrk, CPU a request: median %.3f of %d pairs, "
           "target %.2f: %s\n",
           median, PAIRS, TARGET, median <= TARGET ? "met" : "MISSED");
    scope_picks_free(picks);
    scope_registry_close(registry);
    stop_server(&server);
    return median <= TARGET ? 0 : 1;
}
