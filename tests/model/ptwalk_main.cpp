// ptwalk, the command: see ptwalk.cpp.
#include <cstdio>

#include <tests/model/ptwalk.h>

int main(int argc, char **argv)
{
    const ptwalk_outcome outcome = ptwalk({argv + 1, argv + argc});
    fputs(outcome.out.c_str(), stdout);
    fputs(outcome.err.c_str(), stderr);
    return outcome.status;
}
