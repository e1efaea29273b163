/* Arrays that grow, and numbers as text at the end of one. */
#ifndef HEAPSNAP_VECTORS_H
#define HEAPSNAP_VECTORS_H

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

#endif
