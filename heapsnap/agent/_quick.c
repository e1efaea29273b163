/* The chunk of a snapshot in C: chunk.py, statement for statement, and the same bytes.
 *
 * Only for where nothing else runs (in the child): objects are held by pointers that own nothing,
 * so that no reference count is touched and no page of the heap copied for it. What is
 * rare is asked of the same Python code as ever. Nothing here calls what a program can define: only
 * tp_traverse, PyDict_Next, the C getter of __dict__ and Python's own __sizeof__ methods.
 */
#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030A0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct { char *data; Py_ssize_t used, room; } Text;
typedef struct { void **data; Py_ssize_t used, room; } Pointers;
typedef struct { int64_t *data; Py_ssize_t used, room; } Numbers;

/* Room for `more` further items; 0 and MemoryError where there is none. */
static int make_room(void **data, Py_ssize_t used, Py_ssize_t *room, Py_ssize_t more, size_t size)
{
    if (used + more <= *room)
        return 1;
    Py_ssize_t wanted = (used + more) + (used + more) / 2 + 64;
    void *grown = realloc(*data, (size_t)wanted * size);
    if (grown == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    *data = grown;
    *room = wanted;
    return 1;
}

#define ROOM(vector, more) \
    make_room((void **)&(vector)->data, (vector)->used, &(vector)->room, (more), \
              sizeof(*(vector)->data))

static int push(Pointers *pointers, void *pointer)
{
    if (pointers->used == pointers->room && !ROOM(pointers, 1))
        return 0;
    pointers->data[pointers->used++] = pointer;
    return 1;
}

static int append(Numbers *numbers, int64_t number)
{
    if (numbers->used == numbers->room && !ROOM(numbers, 1))
        return 0;
    numbers->data[numbers->used++] = number;
    return 1;
}

static int write_bytes(Text *text, const char *bytes, Py_ssize_t length)
{
    if (!ROOM(text, length))
        return 0;
    memcpy(text->data + text->used, bytes, (size_t)length);
    text->used += length;
    return 1;
}

static int write_string(Text *text, const char *bytes)
{
    return write_bytes(text, bytes, (Py_ssize_t)strlen(bytes));
}

static int write_unicode(Text *text, PyObject *unicode)
{
    Py_ssize_t length;
    const char *bytes = PyUnicode_AsUTF8AndSize(unicode, &length);
    return bytes != NULL && write_bytes(text, bytes, length);
}

/* The digits of a number; `out` has room for twenty. Returns where they end. */
static char *put_number(char *out, int64_t number)
{
    char digits[20];
    int used = 0;
    uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    if (number < 0)
        *out++ = '-';
    do {
        digits[used++] = (char)('0' + left % 10);
        left /= 10;
    } while (left);
    while (used)
        *out++ = digits[--used];
    return out;
}

enum { LONGEST_VALUE = 21 };

/* A number of a column and the comma after it. */
static int write_value(Text *text, int64_t number)
{
    if (text->used + LONGEST_VALUE > text->room && !ROOM(text, LONGEST_VALUE))
        return 0;
    char *end = put_number(text->data + text->used, number);
    *end++ = ',';
    text->used = end - text->data;
    return 1;
}

/* A text that is there already, of a number of a column, and the comma. */
static int write_text_value(Text *text, PyObject *unicode)
{
    return write_unicode(text, unicode) && write_bytes(text, ",", 1);
}

/* A column as JSON: the commas stand after the values, so the last one goes. */
static int write_column(Text *text, const char *name, const Text *column)
{
    Py_ssize_t length = column->used ? column->used - 1 : 0;
    return write_string(text, name) && write_bytes(text, column->data, length)
        && write_bytes(text, "]", 1);
}

typedef struct {
    PyObject_HEAD
    PyObject *owners;      /* lists that hold what the pointers point to */
    Pointers objects;      /* after number(): containers, references, what the roots name */
    Pointers containers;
    Pointers references;
    Numbers counts;        /* references by container */
    Pointers shapes;       /* texts by container; owned */
    Text types, sizes, refcounts;
    Py_ssize_t row_count, reference_count;
    Py_ssize_t slot_mask;
    int32_t *slots;        /* address -> first index in objects, plus one; 0 is a free slot */
    Numbers firsts;        /* by object: the first index of the same address */
    Numbers fresh;         /* first indices of what is no container here, in order */
    Numbers leaves, elsewhere;
    Numbers group_starts, group_members;
} Chunk;

static PyObject *item_of(PyObject *sequence, Py_ssize_t index)
{
    return PyList_Check(sequence) ? PyList_GetItem(sequence, index)
                                  : PyTuple_GetItem(sequence, index);
}

static int keep_alive(Chunk *chunk, PyObject *owner)
{
    return PyList_Append(chunk->owners, owner) == 0;
}

/* ---- rows ---- */

static int add_shape(Chunk *chunk, PyObject *shape, int64_t count)
{
    if (!push(&chunk->shapes, shape))
        return 0;
    Py_INCREF(shape);
    return append(&chunk->counts, count);
}

/* Sizes of instances that stand at `members`; `instances` is made only where Python is asked. */
static int add_rows(Chunk *chunk, PyObject *plan, PyObject **members, Py_ssize_t count)
{
    int done = 0;
    PyObject *rule = NULL, *number = PyObject_GetAttrString(plan, "number_text");
    PyObject *sizes = PyObject_GetAttrString(plan, "sizes");
    if (number == NULL || sizes == NULL)
        goto end;
    chunk->row_count += count;
    if (!write_text_value(&chunk->types, number)
        || !write_value(&chunk->types, count))
        goto end;
    rule = PyObject_CallMethod(sizes, "rule", "(O)", members[0]);
    if (rule == NULL)
        goto end;
    if (rule == Py_None) {
        PyObject *instances = PyList_New(count);
        if (instances == NULL)
            goto end;
        for (Py_ssize_t i = 0; i < count; i++) {
            Py_INCREF(members[i]);
            PyList_SetItem(instances, i, members[i]);
        }
        PyObject *texts = PyObject_CallMethod(sizes, "write", "(O)", instances);
        Py_DECREF(instances);
        if (texts == NULL)
            goto end;
        done = 1;
        for (Py_ssize_t i = 0; done && i < count; i++)
            done = write_text_value(&chunk->sizes, PyList_GetItem(texts, i));
        Py_DECREF(texts);
        goto end;
    }
    PyObject *method = PyTuple_GetItem(rule, 0);
    int64_t head = PyLong_AsLongLong(PyTuple_GetItem(rule, 1));
    for (Py_ssize_t i = 0; i < count; i++) {
        int64_t size = head;
        if (method != Py_None) {
            PyObject *told = PyObject_CallFunctionObjArgs(method, members[i], NULL);
            if (told == NULL)
                goto end;
            size += PyLong_AsLongLong(told);
            Py_DECREF(told);
        }
        if (!write_value(&chunk->sizes, size))
            goto end;
    }
    done = 1;
end:
    Py_XDECREF(rule);
    Py_XDECREF(sizes);
    Py_XDECREF(number);
    return done;
}

static int add_refcounts(Chunk *chunk, PyObject *refcounts, Py_ssize_t count)
{
    for (Py_ssize_t i = 0; i < count; i++)
        if (!write_text_value(&chunk->refcounts, item_of(refcounts, i)))
            return 0;
    return 1;
}

/* What is the same for all ways to describe: the rows of the instances but for their references. */
static int add_instances(Chunk *chunk, PyObject *plan, PyObject *instances, PyObject *refcounts)
{
    Py_ssize_t count = PySequence_Size(instances), start = chunk->containers.used;
    if (!keep_alive(chunk, instances) || !ROOM(&chunk->containers, count))
        return 0;
    for (Py_ssize_t i = 0; i < count; i++)
        push(&chunk->containers, item_of(instances, i));
    return add_refcounts(chunk, refcounts, count)
        && add_rows(chunk, plan, (PyObject **)chunk->containers.data + start, count);
}

static int add_list(Chunk *chunk, PyObject *references)
{
    Py_ssize_t count = PyList_Size(references);
    if (!keep_alive(chunk, references) || !ROOM(&chunk->references, count))
        return 0;
    for (Py_ssize_t i = 0; i < count; i++)
        push(&chunk->references, PyList_GetItem(references, i));
    return 1;
}

static PyObject *Chunk_add_described(Chunk *chunk, PyObject *args)
{
    PyObject *plan, *instances, *refcounts, *references, *counts, *shapes;
    if (!PyArg_ParseTuple(args, "OOOO!O!O!", &plan, &instances, &refcounts, &PyList_Type,
                          &references, &PyList_Type, &counts, &PyList_Type, &shapes))
        return NULL;
    if (!add_list(chunk, references))
        return NULL;
    for (Py_ssize_t i = 0; i < PyList_Size(counts); i++)
        if (!add_shape(chunk, PyList_GetItem(shapes, i),
                       PyLong_AsLongLong(PyList_GetItem(counts, i))))
            return NULL;
    chunk->reference_count = chunk->references.used;
    if (!add_instances(chunk, plan, instances, refcounts))
        return NULL;
    Py_RETURN_NONE;
}

/* ---- describing: what walk asks of each class, see groups.py, dicts.py, instances.py ---- */

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
        && count <= MOST_KEYS && held[count - 1] == how->kind && held[0] != attributes;
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

/* ---- numbering ---- */

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

/* ---- what is no container of this chunk ---- */

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

/* ---- text ---- */

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
    static char *names[] = {"is_tracked", "types", "shapes", "names", NULL};
    int is_tracked;
    PyObject *types, *shapes, *own_names, *written = NULL;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "$pUUU", names, &is_tracked, &types, &shapes,
                                     &own_names))
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
        && write_column(&text, ",\"to\":[", &to) && write_string(&text, ",\"types\":")
        && write_unicode(&text, types) && write_string(&text, ",\"shapes\":")
        && write_unicode(&text, shapes) && write_string(&text, ",\"names\":")
        && write_unicode(&text, own_names) && write_string(&text, "}");
    if (done)
        written = PyBytes_FromStringAndSize(text.data, text.used);
    free(text.data);
    free(address.data);
    free(shape.data);
    free(out.data);
    free(to.data);
    return written;
}

/* ---- the type and the module ---- */

static PyObject *Chunk_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(more))
{
    allocfunc allocate = PyType_GetSlot(type, Py_tp_alloc);
    Chunk *chunk = (Chunk *)allocate(type, 0);
    if (chunk != NULL && (chunk->owners = PyList_New(0)) == NULL)
        Py_CLEAR(chunk);
    return (PyObject *)chunk;
}

static void Chunk_dealloc(Chunk *chunk)
{
    PyTypeObject *type = Py_TYPE(chunk);
    for (Py_ssize_t i = 0; i < chunk->shapes.used; i++)
        Py_DECREF((PyObject *)chunk->shapes.data[i]);
    void *blocks[] = {
        chunk->objects.data, chunk->containers.data, chunk->references.data, chunk->counts.data,
        chunk->shapes.data, chunk->types.data, chunk->sizes.data, chunk->refcounts.data,
        chunk->slots, chunk->firsts.data, chunk->fresh.data, chunk->leaves.data,
        chunk->elsewhere.data, chunk->group_starts.data, chunk->group_members.data,
    };
    for (size_t i = 0; i < sizeof(blocks) / sizeof(*blocks); i++)
        free(blocks[i]);
    Py_XDECREF(chunk->owners);
    freefunc release = PyType_GetSlot(type, Py_tp_free);
    release(chunk);
    Py_DECREF(type);
}

static PyObject *get_container_count(Chunk *chunk, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(chunk->containers.used);
}

static PyObject *get_row_count(Chunk *chunk, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(chunk->row_count);
}

static PyObject *get_reference_count(Chunk *chunk, void *Py_UNUSED(closure))
{
    return PyLong_FromSsize_t(chunk->reference_count);
}

static PyGetSetDef chunk_fields[] = {
    {"container_count", (getter)get_container_count, NULL, NULL, NULL},
    {"row_count", (getter)get_row_count, NULL, NULL, NULL},
    {"reference_count", (getter)get_reference_count, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef chunk_methods[] = {
    {"add", (PyCFunction)Chunk_add, METH_VARARGS, NULL},
    {"add_described", (PyCFunction)Chunk_add_described, METH_VARARGS, NULL},
    {"number", (PyCFunction)Chunk_number, METH_O, NULL},
    {"known", (PyCFunction)Chunk_known, METH_O, NULL},
    {"leave_out", (PyCFunction)Chunk_leave_out, METH_VARARGS, NULL},
    {"group_others", (PyCFunction)Chunk_group_others, METH_O, NULL},
    {"untracked", (PyCFunction)Chunk_untracked, METH_O, NULL},
    {"add_elsewhere", (PyCFunction)Chunk_add_elsewhere, METH_O, NULL},
    {"add_leaves", (PyCFunction)Chunk_add_leaves, METH_VARARGS, NULL},
    {"leaf_addresses", (PyCFunction)Chunk_leaf_addresses, METH_O, NULL},
    {"write", (PyCFunction)(void (*)(void))Chunk_write, METH_VARARGS | METH_KEYWORDS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot chunk_slots[] = {
    {Py_tp_new, Chunk_new},
    {Py_tp_dealloc, Chunk_dealloc},
    {Py_tp_methods, chunk_methods},
    {Py_tp_getset, chunk_fields},
    {0, NULL},
};

static PyType_Spec chunk_spec = {
    .name = "heapsnap.agent._quick.Chunk",
    .basicsize = sizeof(Chunk),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = chunk_slots,
};

/* Objects and their reference counts by class: see split in chunk.py. */
static PyObject *split(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *objects, *refcounts;
    if (!PyArg_ParseTuple(args, "O!O!", &PyList_Type, &objects, &PyList_Type, &refcounts))
        return NULL;
    Py_ssize_t count = PyList_Size(objects);
    Classes classes = {0};
    PyObject *groups = PyList_New(0);
    if (groups == NULL || !open_classes(&classes, count))
        goto failed;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *object = PyList_GetItem(objects, i);
        Py_ssize_t group = number_of_class(&classes, object);
        if (group == PyList_Size(groups)) {
            PyObject *pair = Py_BuildValue("([][])");
            int bad = pair == NULL || PyList_Append(groups, pair);
            Py_XDECREF(pair);
            if (bad)
                goto failed;
        }
        PyObject *pair = PyList_GetItem(groups, group);
        if (PyList_Append(PyTuple_GetItem(pair, 0), object)
            || PyList_Append(PyTuple_GetItem(pair, 1), PyList_GetItem(refcounts, i)))
            goto failed;
    }
    close_classes(&classes);
    return groups;
failed:
    close_classes(&classes);
    Py_XDECREF(groups);
    return NULL;
}

static PyMethodDef functions[] = {
    {"split", split, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&chunk_spec);
    if (type == NULL || PyModule_AddObject(module, "Chunk", type)) {
        Py_XDECREF(type);
        return -1;
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, fill}, {0, NULL}};

static PyModuleDef module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "heapsnap.agent._quick",
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__quick(void)
{
    return PyModuleDef_Init(&module);
}
