"""`python -m gateway.leash FD MODULE …`: runs a module that ends with whoever started it.

FD is the reading end of a pipe whose other end the starter holds and never writes to. When the
starter is gone, killed too, the pipe ends and this process is told to stop, so that it leaves no
port taken for the next start.
"""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run the module named in the arguments."""
    pipe, module = int(sys.argv[1]), sys.argv[2]
    del sys.argv[1:3]
    threading.Thread(target=_watch, args=(pipe,), daemon=True).start()
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch(pipe: int) -> None:
    os.read(pipe, 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
