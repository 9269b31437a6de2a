"""Lets the real Azure CLI read command lines, without running them.

Takes lines of shell words on standard input, such as `az group list --output tsv`; prints each that the CLI
refuses, with its reason, and ends with 1 when there are any.
"""

import contextlib
import io
import os
import shlex
import sys
import tempfile

# Neither the user's own login and extensions, nor a note of this run to anybody.
os.environ["AZURE_CONFIG_DIR"] = tempfile.mkdtemp()
os.environ["AZURE_CORE_COLLECT_TELEMETRY"] = "false"
os.environ["AZURE_EXTENSION_USE_DYNAMIC_INSTALL"] = "no"

from azure.cli.core import get_default_cli  # noqa: E402


def main():
    cli = get_default_cli()
    invocation = cli.invocation_cls(
        cli_ctx=cli,
        parser_cls=cli.parser_cls,
        commands_loader_cls=cli.commands_loader_cls,
        help_cls=cli.help_cls,
    )
    cli.invocation = invocation
    invocation.commands_loader.load_command_table(None)
    commands = dict(invocation.commands_loader.command_table)
    lines = [line.strip() for line in sys.stdin if line.strip()]
    faults = [fault for line in lines if (fault := fault_of(invocation, commands, line))]
    for fault in faults:
        print(fault)
    print(f"the Azure CLI read {len(lines)} command lines and refused {len(faults)}")
    return 1 if faults or not lines else 0


def fault_of(invocation, commands, line):
    """Why the CLI refuses a line; None when it takes it."""
    words = shlex.split(line, comments=True)[1:]
    name = next((name for name in prefixes(words) if name in commands), None)
    if name is None:
        return f"{line}\n  there is no such command"
    loader = invocation.commands_loader
    loader.command_table = {name: commands[name]}
    loader.command_name = name
    invocation.data["command_string"] = name
    loader.load_arguments(name)
    parser = type(invocation.parser)(
        cli_ctx=invocation.cli_ctx, prog="az", parents=[invocation._global_parser]
    )
    parser.load_command_table(loader)
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            parser.parse_args(words)
    except SystemExit as end:
        if end.code:
            return f"{line}\n  {said.getvalue().strip() or end}"
    except Exception as error:
        return f"{line}\n  {error}"
    return None


def prefixes(words):
    """What may be the command's name: the words before the first option, longest first."""
    plain = []
    for word in words:
        if word.startswith("-"):
            break
        plain.append(word)
    return [" ".join(plain[:n]) for n in range(len(plain), 0, -1)]


sys.exit(main())
