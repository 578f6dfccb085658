#include "identity/passwords.h"

#include <pthread.h>

enum { AT_WORK_MAX = 2, WAITING_MAX = 6 };

/* The parameters of crypto_password_hash(), with a key that nobody knows a password for. */
static const char nobodys_hash[] = "$argon2id$v=19$m=65536,t=2,p=1$bm9ib2R5J3Mgc2FsdCEhIQ$"
                                   "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s";

static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_left = PTHREAD_COND_INITIALIZER;
static unsigned gate_at_work, gate_waiting;

static enum err enter_gate(struct err_ctx *e)
{
    enum err err = ERR_OK;
    pthread_mutex_lock(&gate_lock);
    if (gate_at_work == AT_WORK_MAX && gate_waiting == WAITING_MAX) {
        err = err_set(e, ERR_BUSY, "too many people are logging in; try again in a moment");
    } else {
        gate_waiting++;
        while (gate_at_work == AT_WORK_MAX)
            pthread_cond_wait(&gate_left, &gate_lock);
        gate_waiting--;
        gate_at_work++;
    }
    pthread_mutex_unlock(&gate_lock);
    return err;
}

static void leave_gate(void)
{
    pthread_mutex_lock(&gate_lock);
    assert(gate_at_work > 0);
    gate_at_work--;
    pthread_cond_signal(&gate_left);
    pthread_mutex_unlock(&gate_lock);
}

enum err passwords_hash(struct str password, char hash[PASSWORD_HASH_BYTES], struct err_ctx *e)
{
    assert(password.n >= PASSWORD_BYTES_MIN && password.n <= PASSWORD_BYTES_MAX);
    enum err err = enter_gate(e);
    if (err)
        return err;
    err = crypto_password_hash(password, hash, e);
    leave_gate();
    return err;
}

enum err passwords_check(struct str password, const char *hash, bool *right, struct err_ctx *e)
{
    enum err err = enter_gate(e);
    if (err)
        return err;
    bool matches = crypto_password_ok(password, hash ? hash : nobodys_hash);
    leave_gate();
    *right = matches && hash;
    return ERR_OK;
}
