# The image of every Harbour CRM process on a server: web, workers, beat, set-up. See docs/operations.md.

FROM node:24-slim AS front-end
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund

FROM python:3.13-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir uv \
    && useradd --system --uid 10001 --home-dir /var/lib/harbour --create-home harbour
WORKDIR /app
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
COPY pyproject.toml uv.lock ./
# "embedded" brings pg_dump and pg_restore of the server's version, for backups; its servers are not started here
RUN uv sync --frozen --no-default-groups --group build --group embedded --no-cache
COPY . .
COPY --from=front-end /app/node_modules node_modules
RUN .venv/bin/python -c "from crm.operations import assets, translations; assets.build(); translations.compile_messages()" \
    && rm -rf node_modules \
    && .venv/bin/python -m compileall -q crm customers sales reports
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=crm.settings.prod \
    HARBOUR_BOOTSTRAP=0 \
    HARBOUR_HOME=/var/lib/harbour
USER harbour
VOLUME /var/lib/harbour
EXPOSE 8000
CMD ["gunicorn", "-c", "python:crm.operations.web", "crm.wsgi:application"]
