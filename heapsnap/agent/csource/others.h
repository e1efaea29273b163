/* What the rows refer to and what has no row here yet, by class. */
#ifndef HEAPSNAP_OTHERS_H
#define HEAPSNAP_OTHERS_H

#include "numbering.h"
#include "rows.h"

/* The number of a class among those that came up so far, in a table of its own. */
typedef struct { PyTypeObject **kinds; Py_ssize_t *slots, used, mask; } Classes;

static int open_classes(Classes *classes, Py_ssize_t count)
{
    Py_ssize_t size = 64;
    while (size < 2 * count)
        size *= 2;
    classes->mask = size - 1;
    classes->used = 0;
    classes->kinds = malloc((size_t)(count + 1) * sizeof(*classes->kinds));
    classes->slots = calloc((size_t)size, sizeof(*classes->slots));
    if (classes->kinds != NULL && classes->slots != NULL)
        return 1;
    PyErr_NoMemory();
    return 0;
}

static void close_classes(Classes *classes)
{
    free(classes->kinds);
    free(classes->slots);
}

static Py_ssize_t number_of_class(Classes *classes, PyObject *object)
{
    PyTypeObject *kind = Py_TYPE(object);
    uint64_t hash = ((uint64_t)(uintptr_t)kind >> 4) * 0x9E3779B97F4A7C15u;
    Py_ssize_t slot = (Py_ssize_t)(hash >> 20) & classes->mask;
    while (classes->slots[slot] && classes->kinds[classes->slots[slot] - 1] != kind)
        slot = (slot + 1) & classes->mask;
    if (!classes->slots[slot]) {
        classes->kinds[classes->used] = kind;
        classes->slots[slot] = ++classes->used;
    }
    return classes->slots[slot] - 1;
}

/* Sort indices into groups by class, counting: starts of the groups, then their members. */
static int group_by_class(Chunk *chunk, const int64_t *indices, Py_ssize_t count)
{
    Classes classes = {0};
    Py_ssize_t *group_of = malloc((size_t)(count + 1) * sizeof(*group_of));
    int done = 0;
    chunk->group_starts.used = 0;
    if (group_of == NULL || !open_classes(&classes, count) || !ROOM(&chunk->group_members, count))
        goto end;
    for (Py_ssize_t i = 0; i < count; i++)
        group_of[i] = number_of_class(&classes, chunk->objects.data[indices[i]]);
    for (Py_ssize_t group = 0; group <= classes.used; group++)
        if (!append(&chunk->group_starts, 0))
            goto end;
    int64_t *starts = chunk->group_starts.data;
    for (Py_ssize_t i = 0; i < count; i++)
        starts[group_of[i] + 1]++;
    for (Py_ssize_t group = 0; group < classes.used; group++)
        starts[group + 1] += starts[group];
    for (Py_ssize_t i = 0; i < count; i++)
        chunk->group_members.data[starts[group_of[i]]++] = indices[i];
    /* Each start has moved to the end of its group: back by one. */
    for (Py_ssize_t group = classes.used; group > 0; group--)
        starts[group] = starts[group - 1];
    starts[0] = 0;
    chunk->group_members.used = count;
    done = 1;
end:
    if (group_of == NULL)
        PyErr_NoMemory();
    free(group_of);
    close_classes(&classes);
    return done;
}

static PyObject *Chunk_group_others(Chunk *chunk, PyObject *popular)
{
    char *is_taken = calloc((size_t)chunk->objects.used + 1, 1);
    Numbers others = {0};
    PyObject *examples = NULL;
    if (is_taken == NULL)
        return PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < PyList_Size(popular); i++) {
        void *address = PyLong_AsVoidPtr(PyList_GetItem(popular, i));
        int32_t first = chunk->slots[slot_of(chunk, address)];
        if (first) {
            is_taken[first - 1] = 1;
            if (!append(&chunk->elsewhere, first - 1))
                goto end;
        }
    }
    for (Py_ssize_t i = 0; i < chunk->fresh.used; i++)
        if (!is_taken[chunk->fresh.data[i]] && !append(&others, chunk->fresh.data[i]))
            goto end;
    if (!group_by_class(chunk, others.data, others.used))
        goto end;
    examples = PyList_New(chunk->group_starts.used - 1);
    for (Py_ssize_t i = 0; examples != NULL && i < chunk->group_starts.used - 1; i++) {
        int64_t index = chunk->group_members.data[chunk->group_starts.data[i]];
        PyList_SetItem(examples, i, Py_NewRef((PyObject *)chunk->objects.data[index]));
    }
end:
    free(others.data);
    free(is_taken);
    return examples;
}

/* Start and end of a group among group_members; 0 and an error where there is no such group. */
static int bounds_of(Chunk *chunk, PyObject *number, Py_ssize_t *start, Py_ssize_t *end)
{
    Py_ssize_t group = PyLong_AsSsize_t(number);
    if (group < 0 || group + 1 >= chunk->group_starts.used) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_IndexError, "no such group");
        return 0;
    }
    *start = (Py_ssize_t)chunk->group_starts.data[group];
    *end = (Py_ssize_t)chunk->group_starts.data[group + 1];
    return 1;
}

static PyObject *Chunk_untracked(Chunk *chunk, PyObject *number)
{
    Py_ssize_t start, end;
    PyObject *untracked = bounds_of(chunk, number, &start, &end) ? PyList_New(0) : NULL;
    for (Py_ssize_t i = start; untracked != NULL && i < end; i++) {
        PyObject *object = chunk->objects.data[chunk->group_members.data[i]];
        if (!PyObject_GC_IsTracked(object) && PyList_Append(untracked, object))
            Py_CLEAR(untracked);
    }
    return untracked;
}

static PyObject *Chunk_add_elsewhere(Chunk *chunk, PyObject *number)
{
    Py_ssize_t start, end;
    if (!bounds_of(chunk, number, &start, &end))
        return NULL;
    for (Py_ssize_t i = start; i < end; i++)
        if (!append(&chunk->elsewhere, chunk->group_members.data[i]))
            return NULL;
    Py_RETURN_NONE;
}

static PyObject *Chunk_add_leaves(Chunk *chunk, PyObject *args)
{
    PyObject *plan, *number;
    Py_ssize_t start, end;
    if (!PyArg_ParseTuple(args, "OO", &plan, &number) || !bounds_of(chunk, number, &start, &end))
        return NULL;
    Pointers members = {0};
    int done = ROOM(&members, end - start) && ROOM(&chunk->leaves, end - start);
    for (Py_ssize_t i = start; done && i < end; i++) {
        int64_t index = chunk->group_members.data[i];
        push(&members, chunk->objects.data[index]);
        append(&chunk->leaves, index);
    }
    done = done && add_rows(chunk, plan, (PyObject **)members.data, members.used);
    free(members.data);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *Chunk_leaf_addresses(Chunk *chunk, PyObject *step)
{
    Py_ssize_t stride = PyLong_AsSsize_t(step);
    PyObject *addresses = stride > 0 ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; addresses != NULL && i < chunk->leaves.used; i += stride) {
        PyObject *address = PyLong_FromVoidPtr(chunk->objects.data[chunk->leaves.data[i]]);
        if (address == NULL || PyList_Append(addresses, address))
            Py_CLEAR(addresses);
        Py_XDECREF(address);
    }
    return addresses;
}

#endif
