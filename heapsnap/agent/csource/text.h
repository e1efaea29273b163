/* The chunk as JSON. */
#ifndef HEAPSNAP_TEXT_H
#define HEAPSNAP_TEXT_H

#include "chunk.h"

static int write_addresses(Chunk *chunk, Text *column)
{
    int64_t before = 0;
    Py_ssize_t containers = chunk->containers.used, leaves = chunk->leaves.used;
    for (Py_ssize_t i = 0; i < containers + leaves + chunk->elsewhere.used; i++) {
        int64_t index = i < containers            ? i
                        : i < containers + leaves ? chunk->leaves.data[i - containers]
                                                  : chunk->elsewhere.data[i - containers - leaves];
        int64_t address = (int64_t)(intptr_t)chunk->objects.data[index];
        if (!write_value(column, address - before))
            return 0;
        before = address;
    }
    return 1;
}

static int write_references(Chunk *chunk, Text *column)
{
    Py_ssize_t containers = chunk->containers.used, leaves = chunk->leaves.used;
    int64_t *places = malloc((size_t)(chunk->objects.used + 1) * sizeof(*places));
    if (places == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < containers; i++)
        places[i] = i;
    for (Py_ssize_t i = 0; i < leaves; i++)
        places[chunk->leaves.data[i]] = containers + i;
    for (Py_ssize_t i = 0; i < chunk->elsewhere.used; i++)
        places[chunk->elsewhere.data[i]] = containers + leaves + i;
    int done = 1;
    for (Py_ssize_t i = 0; done && i < chunk->reference_count; i++)
        done = write_value(column, places[chunk->firsts.data[containers + i]]);
    free(places);
    return done;
}

static PyObject *Chunk_write(Chunk *chunk, PyObject *args, PyObject *keywords)
{
    static char *names[] = {"is_tracked", "tables", NULL};
    int is_tracked;
    PyObject *tables, *written = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "$pU", names, &is_tracked, &tables))
        return NULL;
    char tracked[LONGEST_VALUE];
    char *end = put_number(tracked, is_tracked ? chunk->containers.used : 0);
    Text text = {0}, address = {0}, shape = {0}, out = {0}, to = {0};
    int done = write_addresses(chunk, &address) && write_references(chunk, &to);
    for (Py_ssize_t i = 0; done && i < chunk->counts.used; i++)
        done = write_text_value(&shape, chunk->shapes.data[i])
            && write_value(&out, chunk->counts.data[i]);
    done = done && write_string(&text, "{\"tracked\":")
        && write_bytes(&text, tracked, end - tracked)
        && write_column(&text, ",\"address\":[", &address)
        && write_column(&text, ",\"type\":[", &chunk->types)
        && write_column(&text, ",\"size\":[", &chunk->sizes)
        && write_column(&text, ",\"refcount\":[", &chunk->refcounts)
        && write_column(&text, ",\"shape\":[", &shape) && write_column(&text, ",\"out\":[", &out)
        && write_column(&text, ",\"to\":[", &to) && write_string(&text, ",")
        && write_unicode(&text, tables) && write_string(&text, "}");
    if (done)
        written = PyBytes_FromStringAndSize(text.data, text.used);
    free(text.data);
    free(address.data);
    free(shape.data);
    free(out.data);
    free(to.data);
    return written;
}

#endif
