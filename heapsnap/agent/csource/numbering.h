/* Which object comes up first where. */
#ifndef HEAPSNAP_NUMBERING_H
#define HEAPSNAP_NUMBERING_H

#include "chunk.h"

static Py_ssize_t slot_of(Chunk *chunk, void *address)
{
    /* Fibonacci hashing: objects are 16 bytes apart. */
    uint64_t hash = ((uint64_t)(uintptr_t)address >> 4) * 0x9E3779B97F4A7C15u;
    Py_ssize_t slot = (Py_ssize_t)(hash >> 20) & chunk->slot_mask;
    while (chunk->slots[slot] && chunk->objects.data[chunk->slots[slot] - 1] != address)
        slot = (slot + 1) & chunk->slot_mask;
    return slot;
}

static PyObject *Chunk_number(Chunk *chunk, PyObject *also)
{
    Py_ssize_t also_count = PySequence_Size(also), containers = chunk->containers.used;
    Py_ssize_t count = containers + chunk->references.used + also_count, size = 256;
    if (also_count < 0 || !keep_alive(chunk, also))
        return NULL;
    while (size < 2 * count)
        size *= 2;
    free(chunk->slots);
    chunk->slots = calloc((size_t)size, sizeof(*chunk->slots));
    if (chunk->slots == NULL)
        return PyErr_NoMemory();
    chunk->slot_mask = size - 1;
    chunk->objects.used = chunk->firsts.used = chunk->fresh.used = 0;
    if (!ROOM(&chunk->objects, count) || !ROOM(&chunk->firsts, count))
        return NULL;
    for (Py_ssize_t i = 0; i < containers; i++)
        push(&chunk->objects, chunk->containers.data[i]);
    for (Py_ssize_t i = 0; i < chunk->references.used; i++)
        push(&chunk->objects, chunk->references.data[i]);
    for (Py_ssize_t i = 0; i < also_count; i++)
        push(&chunk->objects, item_of(also, i));
    for (Py_ssize_t i = 0; i < count; i++) {
        Py_ssize_t slot = slot_of(chunk, chunk->objects.data[i]);
        if (!chunk->slots[slot]) {
            chunk->slots[slot] = (int32_t)(i + 1);
            if (i >= containers && !append(&chunk->fresh, i))
                return NULL;
        }
        append(&chunk->firsts, chunk->slots[slot] - 1);
    }
    Py_RETURN_NONE;
}

static PyObject *Chunk_known(Chunk *chunk, PyObject *addresses)
{
    PyObject *address, *found = PyList_New(0), *each = PyObject_GetIter(addresses);
    if (found == NULL || each == NULL)
        goto failed;
    while ((address = PyIter_Next(each)) != NULL) {
        int bad = chunk->slots[slot_of(chunk, PyLong_AsVoidPtr(address))]
            && PyList_Append(found, address);
        Py_DECREF(address);
        if (bad)
            goto failed;
    }
    Py_DECREF(each);
    if (!PyErr_Occurred())
        return found;
    each = NULL;
failed:
    Py_XDECREF(each);
    Py_XDECREF(found);
    return NULL;
}

static PyObject *Chunk_leave_out(Chunk *chunk, PyObject *args)
{
    PyObject *addresses, *shape;
    if (!PyArg_ParseTuple(args, "OO", &addresses, &shape))
        return NULL;
    Py_ssize_t from = 0, to = 0;
    for (Py_ssize_t row = 0; row < chunk->counts.used; row++) {
        Py_ssize_t end = from + (Py_ssize_t)chunk->counts.data[row], start = to;
        for (; from < end; from++) {
            void *object = chunk->references.data[from];
            PyObject *address = PyLong_FromVoidPtr(object);
            int is_out = address ? PySet_Contains(addresses, address) : -1;
            Py_XDECREF(address);
            if (is_out < 0)
                return NULL;
            if (!is_out)
                chunk->references.data[to++] = object;
        }
        if (to - start != chunk->counts.data[row]) {
            chunk->counts.data[row] = to - start;
            Py_DECREF((PyObject *)chunk->shapes.data[row]);
            chunk->shapes.data[row] = Py_NewRef(shape);
        }
    }
    chunk->references.used = chunk->reference_count = to;
    Py_RETURN_NONE;
}

#endif
