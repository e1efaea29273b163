/* References of plain containers and the names of them: groups.py, dicts.py, instances.py again. */
#ifndef HEAPSNAP_DESCRIBING_H
#define HEAPSNAP_DESCRIBING_H

#include "rows.h"

static int visit_push(PyObject *object, void *references)
{
    return push(references, object) ? 0 : -1;
}

static int visit_count(PyObject *Py_UNUSED(object), void *count)
{
    ++*(Py_ssize_t *)count;
    return 0;
}

/* Instances of exactly list, tuple, set or frozenset: all references named alike. */
static int add_items(Chunk *chunk, PyObject *rule, PyObject *instances)
{
    PyObject *shape = PyTuple_GetItem(rule, 1);
    for (Py_ssize_t i = 0; i < PySequence_Size(instances); i++) {
        PyObject *instance = item_of(instances, i);
        traverseproc traverse = PyType_GetSlot(Py_TYPE(instance), Py_tp_traverse);
        Py_ssize_t before = chunk->references.used;
        if (traverse(instance, visit_push, &chunk->references)
            || !add_shape(chunk, shape, chunk->references.used - before))
            return 0;
    }
    return 1;
}

/* A description by Python of one instance: a pair of references and shape. */
static int add_pair(Chunk *chunk, PyObject *pair)
{
    if (pair == NULL)
        return 0;
    PyObject *references = PyTuple_GetItem(pair, 0);
    int done = add_list(chunk, references)
        && add_shape(chunk, PyTuple_GetItem(pair, 1), PyList_Size(references));
    Py_DECREF(pair);
    return done;
}

enum { MOST_KEYS = 64 };

/* The shape of a dict's keys, borrowed; NULL without an error where it is not known yet. The keys
 * of the dict before are in `last`: equal pointers are equal keys. */
typedef struct { PyObject *keys[MOST_KEYS]; Py_ssize_t count; PyObject *shape; } LastKeys;

static PyObject *shape_of_keys(PyObject *dict, Py_ssize_t count, PyObject *known, LastKeys *last,
                               PyObject **keys_tuple)
{
    PyObject *keys[MOST_KEYS], *key, *value;
    Py_ssize_t place = 0, i = 0;
    *keys_tuple = NULL;
    while (i < count && i < MOST_KEYS && PyDict_Next(dict, &place, &key, &value))
        keys[i++] = key;
    if (last->shape != NULL && last->count == i
        && memcmp(last->keys, keys, (size_t)i * sizeof(*keys)) == 0)
        return last->shape;
    PyObject *tuple = PyTuple_New(i);
    if (tuple == NULL)
        return NULL;
    for (Py_ssize_t k = 0; k < i; k++) {
        Py_INCREF(keys[k]);
        PyTuple_SetItem(tuple, k, keys[k]);
    }
    *keys_tuple = tuple;
    PyObject *shape = PyDict_GetItemWithError(known, tuple);
    if (shape != NULL) {
        memcpy(last->keys, keys, (size_t)i * sizeof(*keys));
        last->count = i;
        last->shape = shape;
    }
    return shape;
}

static int push_values(Chunk *chunk, PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t place = 0;
    while (PyDict_Next(dict, &place, &key, &value))
        if (!push(&chunk->references, value))
            return 0;
    return 1;
}

/* Instances of exactly dict. All shapes are looked up before the first new one is made. */
static int add_dicts(Chunk *chunk, PyObject *rule, PyObject *instances)
{
    PyObject *known = PyTuple_GetItem(rule, 1), *describe_one = PyTuple_GetItem(rule, 2);
    Py_ssize_t limit = PyLong_AsSsize_t(PyTuple_GetItem(rule, 3));
    Py_ssize_t count = PySequence_Size(instances);
    traverseproc traverse = PyType_GetSlot(&PyDict_Type, Py_tp_traverse);
    PyObject **shapes = calloc((size_t)count + 1, sizeof(*shapes));
    LastKeys last = {.shape = NULL};
    int done = 0;
    if (shapes == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *keys, *dict = item_of(instances, i);
        Py_ssize_t found = 0, length = PyDict_Size(dict);
        traverse(dict, visit_count, &found);
        if (found != length || length > limit || length > MOST_KEYS)
            continue;
        shapes[i] = shape_of_keys(dict, length, known, &last, &keys);
        Py_XINCREF(shapes[i]);
        Py_XDECREF(keys);
        if (PyErr_Occurred())
            goto end;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *dict = item_of(instances, i);
        if (shapes[i] == NULL) {
            if (!add_pair(chunk, PyObject_CallFunctionObjArgs(describe_one, dict, NULL)))
                goto end;
        } else if (!push_values(chunk, dict)
                   || !add_shape(chunk, shapes[i], PyDict_Size(dict))) {
            goto end;
        }
    }
    done = 1;
end:
    for (Py_ssize_t i = 0; i < count; i++)
        Py_XDECREF(shapes[i]);
    free(shapes);
    return done;
}

typedef struct {
    PyObject *kind, *read_dict, *known, *remember, *shape_in_dict, *slow;
    traverseproc traverse;
    LastKeys last;
} Attributes;

static int is_inline(Attributes *how, PyObject *attributes, PyObject **held, Py_ssize_t count)
{
    return Py_IS_TYPE(attributes, &PyDict_Type) && count == PyDict_Size(attributes) + 1
        && count <= MOST_KEYS && held[count - 1] == how->kind
        && (count == 1 || held[count - 2] != attributes);
}

static int add_inline(Chunk *chunk, Attributes *how, PyObject *attributes, Py_ssize_t start)
{
    PyObject *keys;
    PyObject *shape = shape_of_keys(attributes, PyDict_Size(attributes), how->known, &how->last,
                                    &keys);
    if (PyErr_Occurred())
        return 0;
    Py_XINCREF(shape);
    if (shape == NULL)
        shape = PyObject_CallFunctionObjArgs(how->remember, keys, NULL);
    Py_XDECREF(keys);
    if (shape == NULL)
        return 0;
    chunk->references.used = start;
    int done = push_values(chunk, attributes) && push(&chunk->references, how->kind)
        && add_shape(chunk, shape, chunk->references.used - start);
    Py_DECREF(shape);
    return done;
}

static int add_slowly(Chunk *chunk, Attributes *how, PyObject *instance, Py_ssize_t start)
{
    Py_ssize_t count = chunk->references.used - start;
    PyObject *held = PyList_New(count);
    if (held == NULL)
        return 0;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *item = chunk->references.data[start + i];
        Py_INCREF(item);
        PyList_SetItem(held, i, item);
    }
    chunk->references.used = start;
    int done = add_pair(chunk, PyObject_CallFunctionObjArgs(how->slow, instance, held, NULL));
    Py_DECREF(held);
    return done;
}

/* Plain instances: their attributes are in a dict that is theirs, or inline. */
static int add_attributes(Chunk *chunk, PyObject *rule, PyObject *instances)
{
    Attributes how = {
        .kind = PyTuple_GetItem(rule, 1), .read_dict = PyTuple_GetItem(rule, 2),
        .known = PyTuple_GetItem(rule, 3), .remember = PyTuple_GetItem(rule, 4),
        .shape_in_dict = PyTuple_GetItem(rule, 5), .slow = PyTuple_GetItem(rule, 6),
    };
    how.traverse = PyType_GetSlot((PyTypeObject *)how.kind, Py_tp_traverse);
    for (Py_ssize_t i = 0; i < PySequence_Size(instances); i++) {
        PyObject *instance = item_of(instances, i);
        Py_ssize_t start = chunk->references.used;
        if (how.traverse != NULL && how.traverse(instance, visit_push, &chunk->references))
            return 0;
        PyObject *attributes = PyObject_CallFunctionObjArgs(how.read_dict, instance, NULL);
        if (attributes == NULL) {
            if (!PyErr_ExceptionMatches(PyExc_AttributeError))
                return 0;
            PyErr_Clear();
            attributes = Py_NewRef(Py_None);
        }
        PyObject **held = (PyObject **)chunk->references.data + start;
        Py_ssize_t count = chunk->references.used - start;
        int done;
        if (is_inline(&how, attributes, held, count))
            done = add_inline(chunk, &how, attributes, start);
        else if (count == 2 && held[0] == attributes)
            done = add_shape(chunk, how.shape_in_dict, 2);
        else
            done = add_slowly(chunk, &how, instance, start);
        Py_DECREF(attributes);
        if (!done)
            return 0;
    }
    return 1;
}

static PyObject *Chunk_add(Chunk *chunk, PyObject *args)
{
    PyObject *plan, *instances, *refcounts;
    if (!PyArg_ParseTuple(args, "OOO", &plan, &instances, &refcounts))
        return NULL;
    PyObject *rule = PyObject_GetAttrString(plan, "rule");
    if (rule == NULL)
        return NULL;
    int done = 0;
    if (rule == Py_None) {
        PyObject *described = PyObject_CallMethod(plan, "describe", "(O)", instances);
        if (described != NULL) {
            PyObject *more = Py_BuildValue("(OOO)", plan, instances, refcounts);
            PyObject *all = more ? PySequence_Concat(more, described) : NULL;
            PyObject *added = all ? Chunk_add_described(chunk, all) : NULL;
            done = added != NULL;
            Py_XDECREF(added);
            Py_XDECREF(all);
            Py_XDECREF(more);
            Py_DECREF(described);
        }
    } else {
        long way = PyLong_AsLong(PyTuple_GetItem(rule, 0));
        done = (way == 0   ? add_items(chunk, rule, instances)
                : way == 1 ? add_dicts(chunk, rule, instances)
                           : add_attributes(chunk, rule, instances))
            && add_instances(chunk, plan, instances, refcounts);
        chunk->reference_count = chunk->references.used;
    }
    Py_DECREF(rule);
    if (!done)
        return NULL;
    Py_RETURN_NONE;
}

#endif
