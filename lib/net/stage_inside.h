/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Within the stage: stage.c gives tasks their turns, session.c moves the
 * bytes of connections. */
#ifndef LIB_NET_STAGE_INSIDE_H
#define LIB_NET_STAGE_INSIDE_H

#include "lib/net/due.h"
#include "lib/net/mux.h"
#include "lib/net/stage.h"

TAILQ_HEAD(scope_tasks, scope_task);
LIST_HEAD(scope_family, scope_task);
TAILQ_HEAD(scope_sessions, scope_session);

/* A profile or an iteration that a task is within. */
struct scope_task_frame {
    uint32_t step;
    int64_t since_ns;    /* of the profile, or of this iteration */
    int64_t deadline_ns; /* of an iteration by time */
    uint64_t left;       /* iterations */
};

/* One thread of a scenario. */
struct scope_task {
    TAILQ_ENTRY(scope_task) link;
    struct scope_tasks *home; /* the list that it is in, or NULL */
    LIST_ENTRY(scope_task) sibling;
    struct scope_family children;
    struct scope_task *parent;
    struct scope_stage *stage;
    struct scope_session *session; /* NULL: a client's own thread */
    uint32_t pc;
    uint32_t depth;  /* frames in use */
    bool begun;      /* the present step */
    bool within;     /* a profile of an ancestor */
    uint64_t left;   /* bytes of the present transfer */
    int64_t wake_ns; /* the present step goes on then, or INT64_MAX */
    int64_t cut_ns;  /* the first of its iterations by time ends then */
    struct scope_due due;
    struct scope_task_frame frames[];
};

/* What a client's threads and connections share, and each of a server's
 * connections has of its own. */
struct scope_checkpoints {
    bool *unparked;
    struct scope_tasks *parked;
};

/* A rate: bytes of the present period that are left. */
struct scope_window {
    uint64_t bytes; /* 0: no rate */
    int64_t period_ns, until_ns;
    uint64_t left;
};

struct scope_stream_state {
    struct scope_window send, receive;
    /* With frames only: */
    bool open, sending, receiving; /* our halves */
    bool finished;                 /* the peer's */
    uint64_t sent, sent_max;
    uint64_t arrived, taken, arrived_max;
    struct scope_tasks readers, writers;
};

enum scope_session_state {
    SCOPE_SESSION_RUNNING,
    SCOPE_SESSION_LINGERING, /* has done its part */
    SCOPE_SESSION_GONE,      /* to be freed at the end of the turn */
};

struct scope_session {
    TAILQ_ENTRY(scope_session) link; /* among all */
    TAILQ_ENTRY(scope_session) busy_link;
    bool busy; /* has to be seen to at the end of the turn */
    enum scope_session_state state;
    struct scope_stage *stage;
    const struct scope_scenario_connection *connection;
    struct scope_wire wire;
    void *owner;
    struct scope_task *caller; /* whose CONNECT this is, or NULL */
    struct scope_family tasks; /* without a parent */
    uint32_t unaccepted;       /* streams that the peer is still to open */
    bool ended;                /* its end was read */
    bool readable;             /* there may be more to read */
    bool finished;             /* we said our end */
    size_t owed;               /* TLS took so many bytes and did not say so */
    int64_t linger_ns;
    struct scope_tasks readers, writers, openers;
    struct scope_checkpoints *checkpoints; /* the stage's or its own */
    struct scope_checkpoints own;
    /* To be sent before anything else: frames, or the head of a connection. */
    uint8_t *out;
    size_t out_from, out_to, out_room;
    struct scope_mux mux;
    uint64_t opened, opened_max; /* streams of ours */
    uint64_t closed;             /* streams of the peer's */
    uint64_t initial_max;        /* bytes on a new stream of either's */
    struct scope_stream_state streams[];
};

struct scope_stage {
    const struct scope_scenario *scenario;
    bool multiplex;
    const struct scope_stage_hooks *hooks;
    void *closure;
    int64_t now_ns;
    struct scope_stage_counts counts;
    struct scope_tasks ready, round;
    size_t client_id;
    struct scope_family client; /* its one task */
    uint64_t connecting;
    struct scope_sessions sessions, lingering, busy;
    uint64_t running;                     /* sessions */
    struct scope_checkpoints checkpoints; /* the client's */
    struct scope_dues dues;
    uint64_t budget; /* bytes that may still be moved before the loop is asked
                        for events */
    char *buffer;
};

enum {
    SCOPE_STAGE_CHUNK = 256 * 1024,
    SCOPE_STAGE_SHARE = 1024 * 1024, /* bytes of a task's turn */
};

/* What came of a step. */
enum scope_turn {
    SCOPE_TURN_NEXT,  /* it is done */
    SCOPE_TURN_MOVED, /* it is done, and pc is where to go on */
    SCOPE_TURN_WAIT,  /* the task is in a list or has a timer */
    SCOPE_TURN_YIELD, /* it has had its share */
    SCOPE_TURN_GONE,  /* the task is no more */
};

/* --- stage.c ------------------------------------------------------------- */

struct scope_task *scope_task_new(struct scope_stage *stage,
                                  struct scope_session *session,
                                  struct scope_task *parent, uint32_t thread);
void scope_task_free(struct scope_stage *stage, struct scope_task *task);
void scope_task_wait(struct scope_task *task, struct scope_tasks *list);
void scope_task_wake(struct scope_stage *stage, struct scope_task *task);
void scope_tasks_wake(struct scope_stage *stage, struct scope_tasks *list);
/* Ends the innermost iteration by time around the present step: MOVED when it
 * is the task's own, GONE with the task when it is a parent's, WAIT when there
 * is none. */
enum scope_turn scope_task_cut(struct scope_stage *stage,
                               struct scope_task *task);
void scope_checkpoints_init(struct scope_checkpoints *checkpoints,
                            size_t count);
void scope_checkpoints_free(struct scope_checkpoints *checkpoints);
void scope_stage_busy(struct scope_session *session);

/* --- session.c ------------------------------------------------------------ */

/* As send(2) and recv(2), non-blocking. What is read is in the stage's
 * buffer, or nowhere when it is discarded. */
ssize_t scope_session_write(struct scope_session *session, const void *bytes,
                            size_t size);
ssize_t scope_session_read(struct scope_session *session, size_t size,
                           bool discard);
/* False when there is more than the wire takes now, or the session failed. */
bool scope_session_flush(struct scope_session *session);
/* Says that we send no more. */
void scope_session_finish(struct scope_session *session);
/* The last task of it has ended, perhaps. */
void scope_session_settle(struct scope_session *session);
/* At the end of a turn: sends what is left and reads on. */
void scope_session_tend(struct scope_session *session);
void scope_session_fail(struct scope_session *session, enum scope_fault fault,
                        const char *detail);
void scope_session_fail_io(struct scope_session *session, int error);
void scope_session_free(struct scope_session *session);

/* --- streams.c ------------------------------------------------------------ */

enum scope_turn scope_session_step(struct scope_session *session,
                                   struct scope_task *task,
                                   const struct scope_step *step);

/* --- frames.c ------------------------------------------------------------- */

/* The same with frames. */
enum scope_turn scope_frames_step(struct scope_session *session,
                                  struct scope_task *task,
                                  const struct scope_step *step);
/* Bytes that were read; false when the session failed over them. */
bool scope_frames_read(struct scope_session *session, const char *bytes,
                       size_t size);
/* The peer's end was read. */
void scope_frames_ended(struct scope_session *session);

static inline void scope_stage_spend(struct scope_stage *stage, uint64_t bytes)
{
    stage->budget -= bytes < stage->budget ? bytes : stage->budget;
}

/* --- for both ------------------------------------------------------------- */

/* How much the rate and the step allow now; 0: the task is to wait, and has
 * been told until when. */
uint64_t scope_transfer_allowed(struct scope_task *task,
                                struct scope_window *window);
static inline void scope_transfer_took(struct scope_task *task,
                                       struct scope_window *window,
                                       uint64_t bytes)
{
    scope_stage_spend(task->stage, bytes);
    task->left -= bytes;
    if (window->bytes)
        window->left -= bytes;
}
/* A transfer met the end of its stream. */
enum scope_turn scope_transfer_cut(struct scope_session *session,
                                   struct scope_task *task);

#endif
