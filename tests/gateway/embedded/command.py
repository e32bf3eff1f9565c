"""A command that uses the embedded servers of a folder until its standard input ends.

Called with the folder and, for root, with the number of the account to become first.
"""

import os
import sys
from pathlib import Path

from gateway import embedded

if __name__ == "__main__":
    folder, *account = sys.argv[1:]
    for uid in map(int, account):
        os.setgroups([])
        os.setgid(uid)
        os.setuid(uid)
    with embedded.joined(Path(folder), database=True, queue=True, durable=False) as found:
        sys.stdout.write(f"{found.database_url}\n{found.redis_url}\n")
        sys.stdout.flush()
        sys.stdin.read()
