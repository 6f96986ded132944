# One image for web, workers, beat and sweeper. For a build that can be repeated, name the base by
# digest: --build-arg PYTHON_IMAGE=python@sha256:…
# Where packages come from is pip's own business; to use your settings in the build:
#   docker build --secret id=pip_conf,src=$HOME/.config/pip/pip.conf .
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIPENV_IGNORE_VIRTUALENVS=1
WORKDIR /build
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf \
    python -m venv tools && tools/bin/pip install pipenv==2026.10.3
COPY Pipfile Pipfile.lock ./
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf \
    tools/bin/pipenv requirements --hash > requirements.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes -r requirements.txt

FROM ${PYTHON_IMAGE}
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    HOME=/tmp \
    DOSETTE_VAR=/tmp/dosette \
    ATTACHMENTS_FOLDER=/attachments \
    BIND=0.0.0.0:5000
RUN groupadd --system --gid 10001 dosette \
    && useradd --system --uid 10001 --gid dosette --no-create-home --shell /usr/sbin/nologin dosette \
    && install --directory --mode=700 --owner=dosette --group=dosette /attachments
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY . .
# The values below only let the settings load; none of them is kept in the image.
RUN env SECRET_KEY=a-key-for-this-build-step-alone-that-signs-nothing-at-all \
        ENCRYPTION_KEYS=1:YnVpbGQtc3RlcC1rZXktMDEyMzQ1Njc4OWFiY2RlZmc= \
        BLIND_INDEX_KEY=YnVpbGQtc3RlcC1pZHgtMDEyMzQ1Njc4OWFiY2RlZmc= \
        DATABASE_URL=postgres://build REDIS_URL=redis://build ALLOWED_HOSTS=build \
        OIDC_ISSUER=https://build OIDC_CLIENT_ID=build \
        OIDC_CLIENT_SECRET=build OIDC_AUDIENCE=build \
        SMS_PROVIDER=gateway SMS_GATEWAY_URL=https://build SMS_GATEWAY_TOKEN=build \
        EMAIL_PROVIDER=gateway EMAIL_GATEWAY_URL=https://build EMAIL_GATEWAY_TOKEN=build \
        REFERENCE_PROVIDER_URL=https://build REFERENCE_PROVIDER_SECRET=build \
        python manage.py collectstatic --no-input --verbosity 0 \
    && python -m compileall -q .
# Which commit this is: docker build --build-arg REVISION=$(git rev-parse HEAD)
ARG REVISION=unknown
LABEL org.opencontainers.image.title=Dosette \
    org.opencontainers.image.licenses=MIT \
    org.opencontainers.image.revision=${REVISION}
USER 10001:10001
EXPOSE 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "scripts/healthcheck.py"]
CMD ["gunicorn", "-c", "config/gunicorn.py"]
