/* The rows of a canonical CSV: UTF-8, commas, all rows as wide as the header and ending alike.
   A quoted cell is quoted as a whole and holds neither quotes nor line breaks. */

#include "survey.h"

#include <stdlib.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define BLOCK 64u
/* A longer line is not surveyed where it comes in two pieces. */
#define LONGEST_LINE (64u << 10)

/* Of the bytes of a block, one bit each. */
typedef struct {
    uint64_t breaks;    /* the comma and the line feed, which end cells, and quotes */
    uint64_t returns;   /* the carriage return */
    uint64_t forbidden; /* other characters that nobody sees */
    uint64_t high;      /* parts of characters of more than one byte */
} Marks;

#if defined(__SSE2__)
static void mark_sixteen(const unsigned char *bytes, unsigned shift, Marks *marks)
{
    __m128i all = _mm_loadu_si128((const __m128i *)bytes);
    __m128i feed = _mm_cmpeq_epi8(all, _mm_set1_epi8('\n'));
    __m128i comma = _mm_cmpeq_epi8(all, _mm_set1_epi8(','));
    __m128i quote = _mm_cmpeq_epi8(all, _mm_set1_epi8('"'));
    __m128i turn = _mm_cmpeq_epi8(all, _mm_set1_epi8('\r'));
    __m128i erase = _mm_cmpeq_epi8(all, _mm_set1_epi8(0x7f));
    __m128i below = _mm_cmpeq_epi8(_mm_min_epu8(all, _mm_set1_epi8(0x1f)), all);
    __m128i control = _mm_andnot_si128(_mm_or_si128(feed, turn), _mm_or_si128(below, erase));
    __m128i end = _mm_or_si128(quote, _mm_or_si128(feed, comma));
    marks->breaks |= (uint64_t)(unsigned)_mm_movemask_epi8(end) << shift;
    marks->returns |= (uint64_t)(unsigned)_mm_movemask_epi8(turn) << shift;
    marks->forbidden |= (uint64_t)(unsigned)_mm_movemask_epi8(control) << shift;
    marks->high |= (uint64_t)(unsigned)_mm_movemask_epi8(all) << shift;
}
#else
static void mark_sixteen(const unsigned char *bytes, unsigned shift, Marks *marks)
{
    for (unsigned place = 0; place < 16; place++) {
        unsigned char byte = bytes[place];
        uint64_t bit = (uint64_t)1 << (shift + place);
        if (byte == ',' || byte == '\n' || byte == '"')
            marks->breaks |= bit;
        else if (byte == '\r')
            marks->returns |= bit;
        else if (byte < 0x20 || byte == 0x7f)
            marks->forbidden |= bit;
        else if (byte >= 0x80)
            marks->high |= bit;
    }
}
#endif

static Marks marks_of(const unsigned char *bytes)
{
    Marks marks = {0, 0, 0, 0};
    for (unsigned shift = 0; shift < BLOCK; shift += 16)
        mark_sixteen(bytes + shift, shift, &marks);
    return marks;
}

static unsigned lowest_bit(uint64_t bits)
{
#if defined(__GNUC__)
    return (unsigned)__builtin_ctzll(bits);
#else
    unsigned place = 0;
    for (; !(bits & 1); bits >>= 1)
        place++;
    return place;
#endif
}

/* Bytes of the character of more than one byte that begins here (RFC 3629); 0 when none does. */
static size_t character_size(const unsigned char *bytes, size_t room)
{
    unsigned first = bytes[0];
    size_t size = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || room < size)
        return 0;
    for (size_t place = 1; place < size; place++)
        if ((bytes[place] & 0xc0) != 0x80)
            return 0;
    unsigned second = bytes[1];
    bool is_too_short = (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
    bool is_no_character = (first == 0xed && second > 0x9f) || (first == 0xf4 && second > 0x8f);
    return is_too_short || is_no_character ? 0 : size;
}

/* Whether the marked bytes are whole characters; `done` is where the last one seen ends. */
static bool are_characters(const unsigned char *bytes, size_t size, size_t base, uint64_t high,
                           size_t *done)
{
    for (; high; high &= high - 1) {
        size_t place = base + lowest_bit(high);
        if (place < *done)
            continue;
        size_t length = character_size(bytes + place, size - place);
        if (!length)
            return false;
        *done = place + length;
    }
    return true;
}

/* Whether every carriage return stands before a line feed; a region ends with one. */
static bool are_line_ends(const unsigned char *bytes, size_t base, uint64_t returns)
{
    for (; returns; returns &= returns - 1)
        if (bytes[base + lowest_bit(returns) + 1] != '\n')
            return false;
    return true;
}

static bool open_columns(Survey *survey, size_t width)
{
    if (width > survey->most_columns)
        return false;
    survey->columns = calloc(width, sizeof *survey->columns);
    if (!survey->columns)
        return false;
    survey->width = width;
    for (size_t number = 0; number < width; number++)
        if (!column_open(&survey->columns[number], survey))
            return false;
    return true;
}

/* Where reading is within a region of whole lines. */
typedef struct {
    const unsigned char *bytes;
    size_t start, column; /* of the cell */
    size_t filled;        /* bytes of the row's cells before it */
    bool is_quoted, is_open;
    size_t closed; /* where the quotes of the cell end */
} Reading;

/* A quote opens a cell as a whole, or closes it; anything else is left to others. */
static bool take_quote(Reading *reading, size_t place)
{
    if (reading->is_open)
        reading->closed = place;
    else if (reading->is_quoted || place != reading->start)
        return false;
    reading->is_open = !reading->is_open;
    reading->is_quoted = true;
    return true;
}

static bool end_row(Survey *survey, Reading *reading)
{
    survey->feeds++;
    if (!survey->width) {
        if (!open_columns(survey, reading->column))
            return false;
    } else if (reading->column == survey->width && reading->filled) {
        survey->rows++;
    } else {
        return false; /* a cell missing, or none with anything in it */
    }
    reading->column = reading->filled = 0;
    return true;
}

static bool end_cell(Survey *survey, Reading *reading, size_t end)
{
    bool ends_row = reading->bytes[end] == '\n';
    size_t stop = end;
    if (ends_row && stop > reading->start && reading->bytes[stop - 1] == '\r') {
        stop--;
        survey->returns++;
    }
    Cell cell = {reading->bytes + reading->start, stop - reading->start};
    if (reading->is_quoted) {
        if (reading->closed + 1 != stop)
            return false;
        cell.text++;
        cell.length -= 2;
        reading->is_quoted = false;
    }
    if (survey->width) {
        if (reading->column == survey->width)
            return false; /* a cell too many */
        if (!column_take(&survey->columns[reading->column], survey, cell))
            return false;
    }
    reading->filled += cell.length;
    reading->start = end + 1;
    reading->column++;
    return !ends_row || end_row(survey, reading);
}

/* The cells that end in a block. */
static bool take_cells(Survey *survey, Reading *reading, size_t base, uint64_t breaks)
{
    for (; breaks; breaks &= breaks - 1) {
        size_t place = base + lowest_bit(breaks);
        if (reading->bytes[place] == '"') {
            if (!take_quote(reading, place))
                return false;
        } else if (!reading->is_open) {
            if (!end_cell(survey, reading, place))
                return false;
        } else if (reading->bytes[place] == '\n') {
            return false; /* a line break in a cell */
        }
    }
    return true;
}

/* Whole lines, each with its line feed; the first one is the header. */
static bool take_region(Survey *survey, const unsigned char *bytes, size_t size)
{
    Reading reading = {bytes, 0, 0, 0, false, false, 0};
    size_t done = 0;
    for (size_t base = 0; base < size; base += BLOCK) {
        unsigned char last[BLOCK];
        const unsigned char *block = bytes + base;
        if (size - base < BLOCK) {
            memset(last, ' ', sizeof last);
            memcpy(last, block, size - base);
            block = last;
        }
        Marks marks = marks_of(block);
        if (marks.forbidden || !are_characters(bytes, size, base, marks.high, &done))
            return false;
        if (!are_line_ends(bytes, base, marks.returns))
            return false;
        if (!take_cells(survey, &reading, base, marks.breaks))
            return false;
    }
    return true;
}

static bool carry_on(Survey *survey, const unsigned char *bytes, size_t size)
{
    if (size > LONGEST_LINE - survey->carry_size)
        return false;
    if (size)
        memcpy(survey->carry + survey->carry_size, bytes, size);
    survey->carry_size += size;
    return true;
}

static size_t after_last_feed(const unsigned char *bytes, size_t size)
{
    while (size && bytes[size - 1] != '\n')
        size--;
    return size;
}

static bool take_piece(Survey *survey, const unsigned char *bytes, size_t size)
{
    const unsigned char *feed = memchr(bytes, '\n', size);
    if (!feed)
        return carry_on(survey, bytes, size);
    size_t first = 0;
    if (survey->carry_size) {
        first = (size_t)(feed - bytes) + 1;
        if (!carry_on(survey, bytes, first))
            return false;
        if (!take_region(survey, survey->carry, survey->carry_size))
            return false;
        survey->carry_size = 0;
    }
    size_t last = after_last_feed(bytes, size);
    if (last > first && !take_region(survey, bytes + first, last - first))
        return false;
    return carry_on(survey, bytes + last, size - last);
}

bool survey_open(Survey *survey, uint32_t few_values, size_t most_columns, uint64_t seed)
{
    memset(survey, 0, sizeof *survey);
    survey->few_values = few_values;
    survey->most_columns = most_columns;
    survey->seed = seed;
    survey->slot_mask = 1;
    while (survey->slot_mask < 2 * few_values)
        survey->slot_mask = 2 * survey->slot_mask + 1;
    survey->carry = malloc(LONGEST_LINE);
    return survey->carry != NULL;
}

void survey_close(Survey *survey)
{
    for (size_t number = 0; number < survey->width; number++)
        column_close(&survey->columns[number]);
    free(survey->columns);
    free(survey->carry);
    memset(survey, 0, sizeof *survey);
}

bool survey_feed(Survey *survey, const unsigned char *bytes, size_t size)
{
    if (!survey->is_given_up && size && !take_piece(survey, bytes, size))
        survey->is_given_up = true;
    return !survey->is_given_up;
}

/* The last row may end without a line feed; all others end alike. */
bool survey_finish(Survey *survey)
{
    static const unsigned char FEED[] = "\n";
    if (survey->carry_size && survey->carry[survey->carry_size - 1] == '\r')
        survey->is_given_up = true;
    if (survey->carry_size && survey_feed(survey, FEED, 1))
        survey->feeds--;
    bool ends_alike = !survey->returns || survey->returns == survey->feeds;
    return !survey->is_given_up && survey->width && ends_alike;
}
