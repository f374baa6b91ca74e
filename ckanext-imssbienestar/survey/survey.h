/* What a survey of a canonical CSV keeps: see survey.c for the rows and column.c for the cells. */

#ifndef IMSS_SURVEY_H
#define IMSS_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Kinds of cells that a column of many values may hold; what fits none ends the survey. */
enum { KIND_EMPTY = 1, KIND_WHOLE = 2, KIND_NEGATIVE = 4, KIND_DECIMAL = 8, KIND_DATE = 16 };

typedef struct {
    const unsigned char *text;
    size_t length;
} Cell;

/* One of the different values of a column: where its text is kept and how many cells hold it. */
typedef struct {
    uint64_t hash;
    uint64_t cells;
    uint32_t place;
    uint32_t length;
} Value;

/* Of a column of many values, what holds for all its cells. */
typedef struct {
    unsigned kinds;
    size_t shortest, longest; /* bytes of the cells that hold something */
    unsigned most_digits;     /* that may be read as one number, whatever the column means */
    int64_t least_whole, greatest_whole;
    double least, greatest;        /* of whole and decimal numbers */
    int32_t first_day, last_day;   /* as yyyymmdd */
} Forms;

typedef struct {
    bool keeps_values; /* until there are too many of them; then only forms are kept */
    uint32_t different, latest;
    Value *values;
    uint16_t *slots; /* place in values plus one, 0 where free */
    unsigned char *text;
    size_t text_size, text_room;
    Forms forms;
    bool ascends, counts; /* each cell a whole number above the last one, or the next one */
    bool has_previous;
    int64_t previous;
} Column;

typedef struct {
    uint32_t few_values;
    size_t most_columns;
    uint32_t slot_mask;
    uint64_t seed;
    size_t width;  /* 0 until the header was read */
    uint64_t rows;
    uint64_t feeds, returns; /* line feeds, and how many of them follow a carriage return */
    Column *columns;
    unsigned char *carry; /* the beginning of a line whose end has not come yet */
    size_t carry_size, carry_room;
    bool is_given_up;
} Survey;

bool column_open(Column *column, const Survey *survey);
void column_close(Column *column);
bool column_take(Column *column, const Survey *survey, Cell cell);

bool survey_open(Survey *survey, uint32_t few_values, size_t most_columns, uint64_t seed);
void survey_close(Survey *survey);
bool survey_feed(Survey *survey, const unsigned char *bytes, size_t size);
bool survey_finish(Survey *survey);

#endif
