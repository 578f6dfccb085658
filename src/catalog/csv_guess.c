#include "catalog/csv_guess.h"

#include "catalog/cell.h"
#include "catalog/csv.h"

enum { SAMPLE_BYTES = 64 * 1024, SAMPLE_RECORDS = 200 };

static const char separators[] = {',', ';', '\t', '|'};

/* The most frequent number of fields, and how many records have it. */
static unsigned most_frequent(const unsigned *counts, unsigned n, unsigned *frequency)
{
    unsigned best = 0;
    *frequency = 0;
    for (unsigned i = 0; i < n; i++) {
        unsigned same = 0;
        for (unsigned k = 0; k < n; k++)
            same += counts[k] == counts[i];
        if (same > *frequency || (same == *frequency && counts[i] > best)) {
            best = counts[i];
            *frequency = same;
        }
    }
    return best;
}

/* How well the separator fits: the share of records that agree, then the number of columns. */
static double fitness(struct str sample, bool cut, char separator)
{
    unsigned counts[SAMPLE_RECORDS], n = 0, frequency = 0;
    struct csv_reader r;
    csv_init(&r, sample, separator);
    bool good = true;
    while (good && n < SAMPLE_RECORDS) {
        good = !csv_take(&r, NULL) && r.have;
        bool whole = !cut || r.at < sample.n;
        if (good && whole && (r.count > 1 || r.fields[0].n > 0))
            counts[n++] = r.count;
    }
    csv_close(&r);
    unsigned columns = n ? most_frequent(counts, n, &frequency) : 0;
    return columns > 1 ? (double)frequency / n + columns * 1e-6 : 0;
}

char csv_guess_separator(struct str text)
{
    char best = ',';
    double best_fitness = 0;
    struct str sample = str_from(text.p, MIN(text.n, (size_t)SAMPLE_BYTES));
    for (size_t i = 0; i < ARRAY_LEN(separators); i++) {
        double fits = fitness(sample, sample.n < text.n, separators[i]);
        if (fits > best_fitness) {
            best_fitness = fits;
            best = separators[i];
        }
    }
    return best;
}

static bool is_value(struct str field)
{
    int64_t time_ms;
    double number;
    return cell_number(field, '.', &number) || cell_number(field, ',', &number) ||
           cell_date(field, &time_ms);
}

bool csv_guess_values(const struct str *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (is_value(fields[i]))
            return true;
    return false;
}

bool csv_guess_header(const struct str *fields, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (is_value(fields[i]) || (count == 1 && cell_is_missing(fields[i])))
            return false;
        for (unsigned k = 0; k < i && fields[i].n; k++)
            if (str_eq(fields[i], fields[k]))
                return false;
    }
    return true;
}
