// kmap: which high page has which slot of the pkmap window.
//
//   hash of the page -> [ slot | slot ]     slot: the page, how often it is held, by whom
//
//   count 0    the slot is empty, and no TLB knows its address
//         1    nobody holds the page, but it is still mapped: the next kmap() of it is cheap
//         n    n - 1 users
//
// A page that has no slot takes the next one that is empty, going round. Each time the search
// begins anew at slot 0 all slots of count 1 are emptied, with one flush of the TLB for all: so a
// mapping costs its share of a flush, and never a flush of its own.
// The lock is taken with interrupts off, because page_address() is asked anywhere.
// Linux: mm/highmem.c.
#include <mm/highmem.h>

#include <asm/highmem.h>
#include <kernel/core/printk.h>
#include <kernel/core/spinlock.h>
#include <mm/page_lists.h>

namespace {

/// Linux: pkmap_count[], struct page_address_map.
struct pkmap_slot {
    page *frame;         // whose address this is; nullptr: nobody's
    pkmap_slot *in_hash; // next of the same hash
    u32 count;           // see above
    const void *user;    // return address into who called kmap() last
    void *address;       // of the slot, once it was used
};

/// Linux: page_address_htable.
class pkmap_book {
public:
    constexpr pkmap_book() = default;

    spinlock_t lock; ///< Linux: kmap_lock

    [[nodiscard]] pkmap_slot *find(const page *p) REQUIRES(lock)
    {
        pkmap_slot *slot = *bucket(p);
        while (slot && slot->frame != p)
            slot = slot->in_hash;
        return slot;
    }
    [[nodiscard]] const pkmap_slot &at(u32 nr) const REQUIRES(lock) { return slots_[nr]; }
    /// Slots in the chain of their hash that are `slot`.
    [[nodiscard]] u32 times_in_hash(const pkmap_slot &slot) REQUIRES(lock)
    {
        u32 times = 0, steps = 0;
        for (const pkmap_slot *s = *bucket(slot.frame); s && steps <= LAST_PKMAP; steps++) {
            times += s == &slot;
            s = s->in_hash;
        }
        return times;
    }
    /// Slots in all chains; more than LAST_PKMAP if one has no end.
    [[nodiscard]] u32 all_in_hash() REQUIRES(lock)
    {
        u32 all = 0;
        for (const pkmap_slot *first : hash_)
            for (const pkmap_slot *s = first; s && all <= LAST_PKMAP; s = s->in_hash)
                all++;
        return all;
    }

    /// Gives `p`, which has no slot, an empty one with count 1, mapped; nullptr: all are in use.
    [[gnu::noinline]] pkmap_slot *map_new_virtual(page *p) REQUIRES(lock)
    {
        for (u32 left = LAST_PKMAP; left != 0; left--) {
            last_ = (last_ + 1) % LAST_PKMAP;
            if (last_ == 0) {
                flush_all_zero_pkmaps();
                left = LAST_PKMAP; // slots that were passed may be empty now
            }
            if (slots_[last_].count == 0)
                return fill(last_, p);
        }
        return nullptr;
    }
    /// Empties the slots that nobody uses.
    void flush_all_zero_pkmaps() REQUIRES(lock)
    {
        u32 emptied = 0;
        for (u32 nr = 0; nr < LAST_PKMAP; nr++) {
            if (slots_[nr].count != 1)
                continue;
            pkmap_unmap(nr);
            forget(slots_[nr]);
            emptied++;
        }
        if (emptied != 0)
            flush_pkmaps();
    }

private:
    pkmap_slot **bucket(const page *p) REQUIRES(lock)
    {
        return &hash_[reinterpret_cast<unsigned long>(p) / sizeof(page) % LAST_PKMAP];
    }
    pkmap_slot *fill(u32 nr, page *p) REQUIRES(lock)
    {
        pkmap_map(nr, page_pfn(p));
        pkmap_slot &slot = slots_[nr];
        pkmap_slot **const first = bucket(p);
        slot = {p, *first, 1, nullptr, to_ptr(PKMAP_ADDR(nr))};
        *first = &slot;
        return &slot;
    }
    void forget(pkmap_slot &slot) REQUIRES(lock)
    {
        pkmap_slot **link = bucket(slot.frame);
        while (*link != &slot)
            link = &(*link)->in_hash;
        *link = slot.in_hash;
        slot.frame = nullptr;
        slot.count = 0;
    }

    pkmap_slot *hash_[LAST_PKMAP] GUARDED_BY(lock) = {}; // first of each hash
    pkmap_slot slots_[LAST_PKMAP] GUARDED_BY(lock) = {};
    u32 last_ GUARDED_BY(lock) = 0; // slot that was given last. Linux: last_pkmap_nr
};

constinit pkmap_book pkmap;

/// The book by one register; else the compiler spells out the address of each of its parts.
[[gnu::always_inline]] inline pkmap_book &the_pkmap()
{
    pkmap_book *book = &pkmap;
    asm("" : "+r"(book));
    return *book;
}

[[gnu::noinline]] void *kmap_failed(const page *p, const void *user)
{
    // Here a task will wait: onto pkmap_map_wait, schedule(), and to the beginning of kmap_high()
    // when kunmap_high() wakes it, because somebody else may have mapped the page meanwhile.
    printk("kmap: all %u slots are in use (kmaps shows by whom); frame %#lx is not mapped, wanted "
           "by %pS\n",
           LAST_PKMAP, page_to_pfn(p), user);
    return nullptr;
}

[[gnu::noinline]] void report_bad_kunmap_high(const page *p, const void *caller)
{
    printk("BUG kunmap: frame %#lx is not held by anybody (kunmapped twice?), by %pS\n",
           page_to_pfn(p), caller);
}

} // namespace

void *kmap_high(page *p)
{
    pkmap_book &book = the_pkmap();
    {
        const spin_irq_guard held(book.lock);
        pkmap_slot *slot = book.find(p);
        if (__builtin_expect(slot == nullptr, 0))
            slot = book.map_new_virtual(p);
        if (__builtin_expect(slot != nullptr, 1)) {
            slot->count++;
            slot->user = __builtin_return_address(0);
            return slot->address;
        }
    }
    return kmap_failed(p, __builtin_return_address(0));
}

void *kmap_high_get(page *p)
{
    const spin_irq_guard held(pkmap.lock);
    pkmap_slot *const slot = pkmap.find(p);
    if (!slot)
        return nullptr;
    slot->count++;
    return slot->address;
}

void kunmap_high(page *p)
{
    pkmap_book &book = the_pkmap();
    {
        const spin_irq_guard held(book.lock);
        pkmap_slot *const slot = book.find(p);
        if (slot && slot->count > 1) {
            // At 1 a task that waits in kmap_high() will be woken here.
            slot->count--;
            return;
        }
    }
    report_bad_kunmap_high(p, __builtin_return_address(0));
}

void kmap_flush_unused()
{
    const spin_irq_guard held(pkmap.lock);
    pkmap.flush_all_zero_pkmaps();
}

void page_address_init()
{
    new (&pkmap) pkmap_book;
}

void *page_address(const struct page *p)
{
    if (!PageHighMem(p))
        return lowmem_page_address(p);
    const spin_irq_guard held(pkmap.lock);
    const pkmap_slot *const slot = pkmap.find(p);
    return slot && slot->count > 1 ? slot->address : nullptr;
}

// ------------------------------------------------------------------ for people

void print_pkmaps(const printer &out)
{
    u32 used = 0, idle = 0;
    const spin_irq_guard held(pkmap.lock);
    for (u32 nr = 0; nr < LAST_PKMAP; nr++) {
        used += pkmap.at(nr).count > 1;
        idle += pkmap.at(nr).count == 1;
    }
    out.printf("kmap: %u of %u slots in use, %u mapped and not used\n", used, LAST_PKMAP, idle);
    for (u32 nr = 0; nr < LAST_PKMAP; nr++) {
        const pkmap_slot &slot = pkmap.at(nr);
        if (slot.count > 1)
            out.printf("  slot %-4u 0x%08x  frame 0x%05x  users %-5u last mapped by %pS\n", nr,
                       PKMAP_ADDR(nr).raw(), pkmap_pfn(nr).raw(), slot.count - 1, slot.user);
    }
}

/// An oops may have come while the lock was held: the book is read as it is.
void print_pkmap_of(const printer &out, virt_addr_t va) NO_THREAD_SAFETY_ANALYSIS
{
    if (va - PKMAP_BASE >= PKMAP_SIZE)
        return;
    const u32 nr = PKMAP_NR(va);
    const pkmap_slot &slot = pkmap.at(nr);
    out.printf("kmap window slot %u", nr);
    if (!slot.user)
        out.printf(", never used\n");
    else if (slot.count != 0)
        out.printf(", %u users, last mapped by %pS\n", slot.count - 1, slot.user);
    else
        out.printf(", last used by %pS, and unmapped\n", slot.user);
}

u32 verify_pkmaps(const printer &out)
{
    u32 problems = 0, used = 0;
    const auto complain = [&](u32 nr, const char *what) {
        out.printf("verify kmaps: window slot %u (0x%08x): %s\n", nr, PKMAP_ADDR(nr).raw(), what);
        problems++;
    };
    const spin_irq_guard held(pkmap.lock);
    for (u32 nr = 0; nr < LAST_PKMAP; nr++) {
        const pkmap_slot &slot = pkmap.at(nr);
        if (slot.count == 0) {
            if (slot.frame)
                complain(nr, "empty, and has a page");
            if (pkmap_is_mapped(nr))
                complain(nr, "empty, and mapped");
            continue;
        }
        used++;
        if (!pkmap_is_mapped(nr) || pkmap_pfn(nr) != page_pfn(slot.frame))
            complain(nr, "does not lead to its page");
        if (slot.address != to_ptr(PKMAP_ADDR(nr)))
            complain(nr, "has another slot's address");
        if (pkmap.times_in_hash(slot) != 1)
            complain(nr, "is not in its hash once");
    }
    if (pkmap.all_in_hash() != used) {
        out.printf("verify kmaps: %u slots of the window are in use, %u in the hash\n", used,
                   pkmap.all_in_hash());
        problems++;
    }
    return problems;
}

// ------------------------------------------------------------------ zeroes and copies

void clear_highpage(page *p)
{
    void *const at = kmap_local_page(p);
    clear_page(at);
    kunmap_local(at);
}

void copy_highpage(page *to, page *from)
{
    void *const source = kmap_local_page(from);
    void *const target = kmap_local_page(to);
    copy_page(target, source);
    kunmap_local(target);
    kunmap_local(source);
}

void clear_pages(page *p, unsigned int order)
{
    for (u32 i = 0; i < 1u << order; i++)
        clear_highpage(p + i);
}
