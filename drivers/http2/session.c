/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What nghttp2 asks and tells. */
#include "drivers/http2/session.h"

#include <ctype.h>
#include <scope/alloc.h>
#include <scope/plugin.h>
#include <stdio.h>
#include <string.h>

void session_name(char name[static SCOPE_NAME_SIZE], const char *prefix,
                  uint32_t code)
{
    snprintf(name, SCOPE_NAME_SIZE, "%s%s", prefix,
             nghttp2_http2_strerror(code));
    for (char *at = name; *at; at++) {
        *at = (char)tolower((unsigned char)*at);
        if (*at == '_')
            *at = '-';
    }
}

/* --- streams -------------------------------------------------------------- */

static struct stream *stream_of(struct connection *connection, int32_t id)
{
    if (connection->last && connection->last->id == id)
        return connection->last;
    struct stream *stream =
        nghttp2_session_get_stream_user_data(connection->session, id);
    /* One that was given up is with the session for a while yet. */
    if (!stream || stream->id != id)
        return NULL;
    connection->last = stream;
    return stream;
}

/* The session has done with it. */
static void retire(struct connection *connection, struct stream *stream,
                   uint32_t code)
{
    stream->id = 0;
    stream->code = code;
    if (connection->last == stream)
        connection->last = NULL;
    connection->live--;
    STAILQ_INSERT_TAIL(&connection->done, stream, link);
}

/* --- what comes ----------------------------------------------------------- */

static int on_header(nghttp2_session *session, const nghttp2_frame *frame,
                     const uint8_t *name, size_t name_size,
                     const uint8_t *value, size_t value_size, uint8_t flags,
                     void *closure)
{
    (void)session, (void)flags;
    struct connection *connection = closure;
    const struct driver *driver = driver_of(connection->worker);
    struct stream *stream = stream_of(connection, frame->hd.stream_id);
    if (!stream)
        return 0;
    if (*name == ':') {
        /* Checked by nghttp2: an answer has one, of three digits. */
        stream->status = (uint16_t)((value[0] - '0') * 100 +
                                    (value[1] - '0') * 10 + value[2] - '0');
        return 0;
    }
    if (driver->grpc.on)
        grpc_header(&stream->grpc, (const char *)name, name_size,
                    (const char *)value, value_size);
    if (driver->expect.header_count)
        scope_expect_header(&driver->expect, &stream->view, (const char *)name,
                            name_size, (const char *)value, value_size);
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id,
                   const uint8_t *bytes, size_t size, void *closure)
{
    (void)session, (void)flags;
    struct connection *connection = closure;
    const struct driver *driver = driver_of(connection->worker);
    struct stream *stream = stream_of(connection, id);
    if (!stream)
        return 0;
    stream->length += size;
    const char *from = (const char *)bytes;
    if (!driver->grpc.on) {
        if (driver->expect.body)
            scope_expect_body(&driver->expect, &stream->view, from, size);
        return 0;
    }
    while (from) {
        const char *end = (const char *)bytes + size;
        const char *piece;
        size_t piece_size;
        from = grpc_data(&stream->grpc, from, (size_t)(end - from), &piece,
                         &piece_size);
        if (driver->expect.body)
            scope_expect_body(&driver->expect, &stream->view, piece,
                              piece_size);
    }
    return 0;
}

/* An answer before the answer: 100 Continue, 103 Early Hints. */
static void forget_interim(struct connection *connection, struct stream *stream)
{
    const struct driver *driver = driver_of(connection->worker);
    if (!driver->grpc.on)
        connection->worker->tally.counts.kinds[0]++;
    stream->status = 0;
    if (driver->expect.any)
        scope_expect_begin(&driver->expect, &stream->view);
}

static void take_settings(struct connection *connection)
{
    uint32_t most = nghttp2_session_get_remote_settings(
        connection->session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
    uint32_t wanted = (uint32_t)driver_of(connection->worker)->options.streams;
    connection->settled = true;
    if (!connection->slot.drained)
        connection->slot.room = most < wanted ? most : wanted;
}

/* What a GOAWAY says; to be freed. */
static char *words_of(const char *before, const nghttp2_goaway *goaway)
{
    size_t size = goaway->opaque_data_len < 80 ? goaway->opaque_data_len : 80;
    return scope_format("%s%s%s%.*s", before,
                        nghttp2_http2_strerror(goaway->error_code),
                        size ? ": " : "", (int)size,
                        size ? (const char *)goaway->opaque_data : "");
}

/* It will not answer more than it has. */
static void take_goaway(struct connection *connection,
                        const nghttp2_goaway *goaway)
{
    if (goaway->error_code != NGHTTP2_NO_ERROR && !connection->fault) {
        session_name(connection->fault_name, "goaway-", goaway->error_code);
        connection->fault =
            words_of("the server ended the connection: ", goaway);
    }
    if (!connection->slot.drained)
        connection->worker->tally.counts.own[OWN_GOAWAYS]++;
    connection->slot.drained = true;
    connection->slot.room = 0;
}

static int on_frame(nghttp2_session *session, const nghttp2_frame *frame,
                    void *closure)
{
    (void)session;
    struct connection *connection = closure;
    struct stream *stream;
    switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
        stream = stream_of(connection, frame->hd.stream_id);
        if (!stream)
            break;
        if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
            stream->ended = true;
        else if (frame->hd.type == NGHTTP2_HEADERS && stream->status < 200)
            forget_interim(connection, stream);
        break;
    case NGHTTP2_RST_STREAM:
        stream = stream_of(connection, frame->hd.stream_id);
        if (stream)
            stream->reset = true;
        break;
    case NGHTTP2_SETTINGS:
        if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
            take_settings(connection);
        break;
    case NGHTTP2_PING:
        if (frame->hd.flags & NGHTTP2_FLAG_ACK)
            connection->worker->tally.counts.own[OWN_PINGS]++;
        break;
    case NGHTTP2_GOAWAY:
        take_goaway(connection, &frame->goaway);
        break;
    default:
        break;
    }
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t code,
                    void *closure)
{
    struct connection *connection = closure;
    (void)session;
    struct stream *stream = stream_of(connection, id);
    if (stream)
        retire(connection, stream, code);
    return 0;
}

/* --- what goes ------------------------------------------------------------ */

/* nghttp2 says in a GOAWAY what it found wrong. */
static int on_sent(nghttp2_session *session, const nghttp2_frame *frame,
                   void *closure)
{
    (void)session;
    struct connection *connection = closure;
    if (frame->hd.type != NGHTTP2_GOAWAY || connection->fault ||
        frame->goaway.error_code == NGHTTP2_NO_ERROR)
        return 0;
    connection->fault = words_of("", &frame->goaway);
    return 0;
}

/* A request that was waiting when the session took no more. */
static int on_not_sent(nghttp2_session *session, const nghttp2_frame *frame,
                       int error, void *closure)
{
    (void)session, (void)error;
    struct connection *connection = closure;
    const struct driver *driver = driver_of(connection->worker);
    if (frame->hd.type != NGHTTP2_HEADERS)
        return 0;
    for (int64_t i = 0; i < driver->options.streams; i++)
        if (connection->streams[i].id == frame->hd.stream_id)
            retire(connection, &connection->streams[i], NGHTTP2_REFUSED_STREAM);
    return 0;
}

static ssize_t read_body(nghttp2_session *session, int32_t id, uint8_t *to,
                         size_t room, uint32_t *flags,
                         nghttp2_data_source *source, void *closure)
{
    (void)session, (void)id, (void)closure;
    struct stream *stream = source->ptr;
    const struct message *message = stream->message;
    size_t size = 0;
    if (stream->sent < message->prefix_size) {
        size = message->prefix_size - stream->sent;
        size = size < room ? size : room;
        memcpy(to, message->prefix + stream->sent, size);
        stream->sent += size;
    }
    size_t left = message->size - stream->sent;
    size_t part = left < room - size ? left : room - size;
    if (part)
        memcpy(to + size,
               message->request->body + (stream->sent - message->prefix_size),
               part);
    stream->sent += part;
    if (stream->sent == message->size)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)(size + part);
}

bool session_submit(struct connection *connection, struct stream *stream)
{
    const struct driver *driver = driver_of(connection->worker);
    const struct message *message = stream->message;
    const nghttp2_data_provider body = {.source.ptr = stream,
                                        .read_callback = read_body};
    stream->status = 0;
    stream->ended = false;
    stream->reset = false;
    stream->sent = 0;
    stream->length = 0;
    if (driver->expect.any)
        scope_expect_begin(&driver->expect, &stream->view);
    if (driver->grpc.on)
        grpc_begin(&stream->grpc);
    int32_t id = nghttp2_submit_request(connection->session, NULL,
                                        message->fields, message->field_count,
                                        message->size ? &body : NULL, stream);
    if (id < 0)
        return false;
    stream->id = id;
    connection->live++;
    connection->started++;
    return true;
}

/* --- the session ---------------------------------------------------------- */

static enum scope_code no_memory(struct scope_err *err)
{
    return scope_fail(err, SCOPE_FAILED, 0, "nghttp2: out of memory");
}

static void write_settings(struct driver *driver)
{
    const struct options *options = &driver->options;
    const nghttp2_settings_entry all[] = {
        {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE,
         (uint32_t)options->stream_window},
        {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, (uint32_t)options->frame_size},
        {NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, (uint32_t)options->table_size},
    };
    driver->setting_count = sizeof all / sizeof *all;
    memcpy(driver->settings, all, sizeof all);
}

enum scope_code sessions_open(struct driver *driver, struct scope_err *err)
{
    write_settings(driver);
    if (nghttp2_session_callbacks_new(&driver->callbacks) ||
        nghttp2_option_new(&driver->option))
        return no_memory(err);
    nghttp2_session_callbacks *callbacks = driver->callbacks;
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks,
                                                              on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(callbacks,
                                                             on_not_sent);
    nghttp2_option_set_max_deflate_dynamic_table_size(
        driver->option, (size_t)driver->options.table_size);
    /* Until its SETTINGS have come a server is sent nothing. */
    nghttp2_option_set_peer_max_concurrent_streams(driver->option, UINT32_MAX);
    return SCOPE_OK;
}

void sessions_close(struct driver *driver)
{
    nghttp2_session_callbacks_del(driver->callbacks);
    nghttp2_option_del(driver->option);
}

int session_begin(struct connection *connection)
{
    const struct driver *driver = driver_of(connection->worker);
    int error = nghttp2_session_client_new2(
        &connection->session, driver->callbacks, connection, driver->option);
    if (error)
        return error;
    /* After an upgrade, the request that it was made with is stream 1. */
    if (connection->upgrading) {
        uint8_t payload[64];
        ssize_t size = nghttp2_pack_settings_payload(
            payload, sizeof payload, driver->settings, driver->setting_count);
        if (size < 0)
            return (int)size;
        error = nghttp2_session_upgrade2(connection->session, payload,
                                         (size_t)size, 1, NULL);
    }
    if (!error)
        error =
            nghttp2_submit_settings(connection->session, NGHTTP2_FLAG_NONE,
                                    driver->settings, driver->setting_count);
    if (!error)
        error = nghttp2_session_set_local_window_size(
            connection->session, NGHTTP2_FLAG_NONE, 0,
            (int32_t)driver->options.connection_window);
    return error;
}

bool session_take(struct connection *connection, const char *bytes, size_t size)
{
    ssize_t used = nghttp2_session_mem_recv(connection->session,
                                            (const uint8_t *)bytes, size);
    if (used >= 0)
        return true;
    if (!connection->fault)
        connection->fault = scope_strdup(nghttp2_strerror((int)used));
    return false;
}

void session_end(struct connection *connection)
{
    const struct driver *driver = driver_of(connection->worker);
    nghttp2_session_del(connection->session);
    connection->session = NULL;
    connection->last = NULL;
    connection->live = 0;
    for (int64_t i = 0; i < driver->options.streams; i++) {
        struct stream *stream = &connection->streams[i];
        if (stream->id)
            STAILQ_INSERT_TAIL(&connection->idle, stream, link);
        stream->id = 0;
    }
    STAILQ_CONCAT(&connection->idle, &connection->done);
    free(connection->fault);
    connection->fault = NULL;
    connection->fault_name[0] = '\0';
    connection->settled = false;
    connection->started = 0;
}
