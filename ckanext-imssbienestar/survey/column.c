/* One column: its different values while they are few, and what form all its cells have after. */

#include "survey.h"

#include <stdlib.h>
#include <string.h>

/* A longer value, or more text of values than this, is no list's: the survey ends. */
#define LONGEST_VALUE 8192u
#define MOST_TEXT (256u << 10)
#define FIRST_TEXT 2048u
/* Digits that surely fit in 64 bits, and that a double holds exactly. */
#define MOST_DIGITS 18u
#define MOST_EXACT_DIGITS 15u

static const double POWERS_OF_TEN[MOST_EXACT_DIGITS + 1] = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};

/* A number in a cell: its digits as one whole number, and how many of them follow the point. */
typedef struct {
    uint64_t digits;
    unsigned count, decimals;
    bool is_negative, has_point;
} Number;

bool column_open(Column *column, const Survey *survey)
{
    memset(column, 0, sizeof *column);
    column->keeps_values = column->ascends = column->counts = true;
    column->values = malloc(survey->few_values * sizeof *column->values);
    column->slots = calloc((size_t)survey->slot_mask + 1, sizeof *column->slots);
    column->text = malloc(FIRST_TEXT);
    column->text_room = FIRST_TEXT;
    return column->values && column->slots && column->text;
}

static void forget_values(Column *column)
{
    free(column->values);
    free(column->slots);
    free(column->text);
    column->values = NULL;
    column->slots = NULL;
    column->text = NULL;
}

void column_close(Column *column)
{
    forget_values(column);
}

static uint64_t word_at(const unsigned char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

/* All of a text of less than eight bytes; texts of one length that differ give different words. */
static uint64_t short_word(Cell cell)
{
    uint64_t word = 0;
    if (cell.length >= 4) {
        uint32_t first, last; /* they may overlap */
        memcpy(&first, cell.text, sizeof first);
        memcpy(&last, cell.text + cell.length - sizeof last, sizeof last);
        return (uint64_t)first << 32 | last;
    }
    for (size_t place = 0; place < cell.length; place++)
        word = word << 8 | cell.text[place];
    return word;
}

static uint64_t mixed(uint64_t state, uint64_t word)
{
    state = (state ^ word) * 0x9E3779B97F4A7C15u;
    return state ^ (state >> 29);
}

static uint64_t hash_of(Cell cell, uint64_t seed)
{
    uint64_t state = mixed(seed, cell.length);
    if (cell.length < 8)
        return mixed(mixed(state, short_word(cell)), seed);
    for (size_t place = 0; place + 8 < cell.length; place += 8)
        state = mixed(state, word_at(cell.text + place));
    /* The last word may overlap the one before. */
    return mixed(mixed(state, word_at(cell.text + cell.length - 8)), seed);
}

/* Whether two texts of one length are equal. */
static bool are_equal(Cell one, Cell other)
{
    if (one.length < 8)
        return short_word(one) == short_word(other);
    for (size_t place = 0; place + 8 < one.length; place += 8)
        if (word_at(one.text + place) != word_at(other.text + place))
            return false;
    return word_at(one.text + one.length - 8) == word_at(other.text + one.length - 8);
}

static bool read_number(Cell cell, Number *number)
{
    size_t place = cell.length && cell.text[0] == '-';
    memset(number, 0, sizeof *number);
    number->is_negative = place != 0;
    for (; place < cell.length; place++) {
        unsigned digit = (unsigned)cell.text[place] - '0';
        if (digit < 10) {
            if (number->count == MOST_DIGITS)
                return false;
            number->digits = number->digits * 10 + digit;
            number->count++;
            number->decimals += number->has_point;
        } else if (cell.text[place] == '.' && !number->has_point && number->count) {
            number->has_point = true;
        } else {
            return false;
        }
    }
    if (number->has_point)
        return number->decimals && number->count <= MOST_EXACT_DIGITS;
    return number->count != 0;
}

static int64_t whole_of(const Number *number)
{
    int64_t whole = (int64_t)number->digits; /* 18 digits at most */
    return number->is_negative ? -whole : whole;
}

/* The day a cell of ten bytes stands for as yyyymmdd; 0 for what is no day of the calendar. */
static int32_t day_of(Cell cell)
{
    static const unsigned char DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int32_t digits = 0, year, month, day;
    for (size_t place = 0; place < 10; place++) {
        unsigned digit = (unsigned)cell.text[place] - '0';
        if (place == 4 || place == 7) {
            if (cell.text[place] != '-')
                return 0;
        } else if (digit < 10) {
            digits = digits * 10 + (int32_t)digit;
        } else {
            return 0;
        }
    }
    year = digits / 10000, month = digits / 100 % 100, day = digits % 100;
    if (!year || month < 1 || month > 12 || day < 1)
        return 0;
    bool leaps = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return day <= DAYS[month - 1] + (month == 2 && leaps) ? digits : 0;
}

/* An amount such as 1234567.89 is nothing but an amount; behind a sign, or with zeros alone after
   the point, its digits could be an identifier's. */
static unsigned digits_together(const Number *number)
{
    bool is_amount = number->has_point && !number->is_negative;
    return is_amount ? number->count - number->decimals : number->count;
}

static void take_number(Forms *forms, const Number *number)
{
    double value = (double)number->digits;
    bool is_first = !(forms->kinds & (KIND_WHOLE | KIND_DECIMAL));
    if (number->has_point) /* exact operands: the quotient is the nearest double */
        value /= POWERS_OF_TEN[number->decimals];
    if (number->is_negative)
        value = -value;
    if (is_first || value < forms->least)
        forms->least = value;
    if (is_first || value > forms->greatest)
        forms->greatest = value;
    unsigned digits = digits_together(number);
    if (digits > forms->most_digits)
        forms->most_digits = digits;
    if (!number->has_point) {
        int64_t whole = whole_of(number);
        if (!(forms->kinds & KIND_WHOLE) || whole < forms->least_whole)
            forms->least_whole = whole;
        if (!(forms->kinds & KIND_WHOLE) || whole > forms->greatest_whole)
            forms->greatest_whole = whole;
    }
    forms->kinds |= number->has_point ? KIND_DECIMAL : KIND_WHOLE;
    forms->kinds |= number->is_negative ? KIND_NEGATIVE : 0;
}

static void take_day(Forms *forms, int32_t day)
{
    if (!(forms->kinds & KIND_DATE) || day < forms->first_day)
        forms->first_day = day;
    if (!(forms->kinds & KIND_DATE) || day > forms->last_day)
        forms->last_day = day;
    forms->kinds |= KIND_DATE;
}

static bool take_form(Forms *forms, Cell cell)
{
    Number number;
    int32_t day = 0;
    if (!cell.length) {
        forms->kinds |= KIND_EMPTY;
        return true;
    }
    bool is_first = !(forms->kinds & ~(unsigned)KIND_EMPTY);
    if (read_number(cell, &number))
        take_number(forms, &number);
    else if (cell.length == 10 && (day = day_of(cell)) != 0)
        take_day(forms, day);
    else
        return false;
    if (is_first || cell.length < forms->shortest)
        forms->shortest = cell.length;
    if (is_first || cell.length > forms->longest)
        forms->longest = cell.length;
    return true;
}

/* Too many different values: from here on only the form of cells is kept, theirs too. */
static bool leave_values(Column *column)
{
    column->keeps_values = false;
    for (uint32_t number = 0; number < column->different; number++) {
        const Value *value = &column->values[number];
        Cell cell = {column->text + value->place, value->length};
        if (!take_form(&column->forms, cell))
            return false;
    }
    forget_values(column);
    return true;
}

static bool has_text(const Column *column, const Value *value, Cell cell)
{
    Cell kept = {column->text + value->place, value->length};
    return kept.length == cell.length && (!cell.length || are_equal(kept, cell));
}

static bool keep_text(Column *column, Cell cell)
{
    size_t needed = column->text_size + cell.length;
    if (cell.length > LONGEST_VALUE || needed > MOST_TEXT)
        return false;
    if (needed > column->text_room) {
        unsigned char *text = realloc(column->text, 2 * needed);
        if (!text)
            return false;
        column->text = text;
        column->text_room = 2 * needed;
    }
    if (cell.length)
        memcpy(column->text + column->text_size, cell.text, cell.length);
    column->text_size = needed;
    return true;
}

static bool take_value(Column *column, const Survey *survey, Cell cell)
{
    if (column->different && has_text(column, &column->values[column->latest], cell)) {
        column->values[column->latest].cells++;
        return true;
    }
    uint64_t hash = hash_of(cell, survey->seed);
    uint32_t slot = (uint32_t)hash & survey->slot_mask;
    /* There are at least twice as many slots as values: a free one always ends this. */
    for (; column->slots[slot]; slot = (slot + 1) & survey->slot_mask) {
        Value *value = &column->values[column->slots[slot] - 1];
        if (value->hash == hash && has_text(column, value, cell)) {
            value->cells++;
            column->latest = column->slots[slot] - 1u;
            return true;
        }
    }
    if (column->different == survey->few_values)
        return leave_values(column) && take_form(&column->forms, cell);
    Value value = {hash, 1, (uint32_t)column->text_size, (uint32_t)cell.length};
    if (!keep_text(column, cell))
        return false;
    column->latest = column->different++;
    column->values[column->latest] = value;
    column->slots[slot] = (uint16_t)column->different;
    return true;
}

static void follow_order(Column *column, Cell cell)
{
    Number number;
    bool is_whole = read_number(cell, &number) && !number.has_point;
    int64_t whole = is_whole ? whole_of(&number) : 0;
    if (!is_whole || (column->has_previous && whole <= column->previous))
        column->ascends = column->counts = false;
    else if (column->has_previous && whole != column->previous + 1)
        column->counts = false;
    column->has_previous = true;
    column->previous = whole;
}

bool column_take(Column *column, const Survey *survey, Cell cell)
{
    if (column->ascends)
        follow_order(column, cell);
    return column->keeps_values ? take_value(column, survey, cell)
                                : take_form(&column->forms, cell);
}
