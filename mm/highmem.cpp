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
    u32 count;           // see above
    const void *user;    // return address into who called kmap() last
    pkmap_slot *in_hash; // next of the same hash
};

constexpr u32 HASH_SIZE = LAST_PKMAP;

/// Linux: kmap_lock, page_address_htable and its locks.
class pkmap_book {
public:
    constexpr pkmap_book() = default;

    [[nodiscard]] pkmap_slot *find(const page *p)
    {
        pkmap_slot *slot = *bucket(p);
        while (slot && slot->frame != p)
            slot = slot->in_hash;
        return slot;
    }
    [[nodiscard]] u32 number(const pkmap_slot *slot) const
    {
        return static_cast<u32>(slot - slots_);
    }
    [[nodiscard]] void *address(const pkmap_slot *slot) const
    {
        return to_ptr(PKMAP_ADDR(number(slot)));
    }
    [[nodiscard]] const pkmap_slot &at(u32 nr) const { return slots_[nr]; }

    /// Gives `p`, which has no slot, an empty one with count 1, mapped; nullptr: all are held.
    pkmap_slot *map_new_virtual(page *p)
    {
        for (u32 tries = 0; tries < LAST_PKMAP; tries++) {
            last_ = (last_ + 1) % LAST_PKMAP;
            if (last_ == 0)
                flush_all_zero_pkmaps();
            pkmap_slot &slot = slots_[last_];
            if (slot.count == 0)
                return fill(slot, p);
        }
        return nullptr;
    }
    /// Empties the slots that nobody uses.
    void flush_all_zero_pkmaps()
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
    pkmap_slot **bucket(const page *p)
    {
        return &hash_[reinterpret_cast<uintptr_t>(p) / sizeof(page) % HASH_SIZE];
    }
    pkmap_slot *fill(pkmap_slot &slot, page *p)
    {
        pkmap_map(number(&slot), page_pfn(p));
        slot.frame = p;
        slot.count = 1;
        pkmap_slot **const first = bucket(p);
        slot.in_hash = *first;
        *first = &slot;
        return &slot;
    }
    void forget(pkmap_slot &slot)
    {
        pkmap_slot **link = bucket(slot.frame);
        while (*link != &slot)
            link = &(*link)->in_hash;
        *link = slot.in_hash;
        slot.frame = nullptr;
        slot.count = 0;
    }

    pkmap_slot slots_[LAST_PKMAP] = {};
    pkmap_slot *hash_[HASH_SIZE] = {};
    u32 last_ = 0; // slot that was given last. Linux: last_pkmap_nr
};

constinit spinlock_t kmap_lock;
constinit pkmap_book pkmap GUARDED_BY(kmap_lock);

/// kmap() of a page that has no slot yet.
[[gnu::noinline]] void *kmap_new(page *p, const void *user) EXCLUDES(kmap_lock)
{
    {
        const spin_irq_guard held(kmap_lock);
        pkmap_slot *slot = pkmap.find(p); // perhaps somebody was faster
        if (!slot)
            slot = pkmap.map_new_virtual(p);
        if (slot) {
            slot->count++;
            slot->user = user;
            return pkmap.address(slot);
        }
    }
    // Here a task will wait: onto pkmap_map_wait, schedule(), and from the beginning when
    // kunmap_high() wakes it, because somebody else may have mapped the page meanwhile.
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
    {
        const spin_irq_guard held(kmap_lock);
        if (pkmap_slot *const slot = pkmap.find(p)) {
            slot->count++;
            slot->user = __builtin_return_address(0);
            return pkmap.address(slot);
        }
    }
    return kmap_new(p, __builtin_return_address(0));
}

void *kmap_high_get(page *p)
{
    const spin_irq_guard held(kmap_lock);
    pkmap_slot *const slot = pkmap.find(p);
    if (!slot)
        return nullptr;
    slot->count++;
    return pkmap.address(slot);
}

void kunmap_high(page *p)
{
    {
        const spin_irq_guard held(kmap_lock);
        pkmap_slot *const slot = pkmap.find(p);
        if (slot && slot->count > 1) {
            // At 1 a task that waits in kmap_new() will be woken here.
            slot->count--;
            return;
        }
    }
    report_bad_kunmap_high(p, __builtin_return_address(0));
}

void kmap_flush_unused()
{
    const spin_irq_guard held(kmap_lock);
    pkmap.flush_all_zero_pkmaps();
}

void page_address_init()
{
    const spin_irq_guard held(kmap_lock);
    new (&pkmap) pkmap_book;
}

void *page_address(const struct page *p)
{
    if (!PageHighMem(p))
        return lowmem_page_address(p);
    const spin_irq_guard held(kmap_lock);
    const pkmap_slot *const slot = pkmap.find(p);
    return slot && slot->count > 1 ? pkmap.address(slot) : nullptr;
}

// ------------------------------------------------------------------ for people

void print_pkmaps(const printer &out)
{
    u32 used = 0, idle = 0;
    const spin_irq_guard held(kmap_lock);
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
