"""What several parts of the settings use: the environment, demo secrets and a few values."""

from pathlib import Path

import environ

from config.settings import environment

environment.load()
BASE_DIR: Path = environment.BASE_DIR
env = environ.Env()
VAR_DIR = Path(env.str("DOSETTE_VAR", str(BASE_DIR / "var")))

PORT = env.int("PORT", 8000)
SANDBOX_URL = env.str("SANDBOX_URL", f"http://127.0.0.1:{PORT + 1}")
DEMO = env.bool("DOSETTE_DEMO", True)


def _made_here() -> dict[str, str]:
    from devserver.secrets import demo_secrets  # devserver is on developers' machines only

    return demo_secrets(VAR_DIR)


def database_url() -> str:
    """What the environment says, or else the embedded server of this clone."""
    if url := env.str("DATABASE_URL", ""):
        return str(url)
    from devserver.postgres import embedded_database_url

    return embedded_database_url(VAR_DIR)


_demo = _made_here() if DEMO else {}


def secret(name: str) -> str:
    """The secret from the environment, or this clone's demo one."""
    return str(env.str(name, _demo.get(name, "")))


ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
REDIS_URL: str = environment.with_password(env.str("REDIS_URL", ""), env.str("REDIS_PASSWORD", ""))
TIME_ZONE = env.str("TIME_ZONE", "Europe/London")
