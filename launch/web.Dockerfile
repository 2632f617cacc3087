# The page of `glcic-jax serve` in a container: it needs no network, and writes nothing.
#
#     docker build -f launch/web.Dockerfile -t glcic_jax_web .
#     export GLCIC_JAX_TOKEN="$(openssl rand -hex 16)"
#     docker run --rm -p 8080:8080 -e GLCIC_JAX_TOKEN glcic_jax_web
#     echo "http://localhost:8080/#token=$GLCIC_JAX_TOKEN"
#
# and open what is printed; from elsewhere with the machine's address for localhost. By a name it is
# reached only if that is given, after the image's name: serve --host 0.0.0.0 --allow-host NAME.
# Another model: -v FOLDER:/model:ro, and: serve --host 0.0.0.0 --model /model.
FROM python:3.12-slim
WORKDIR /glcic_jax
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY glcic_jax glcic_jax
RUN pip install --no-cache-dir ".[web,heif]" && rm -rf /glcic_jax/*
USER 65534:65534
ENV HOME=/nonexistent PYTHONDONTWRITEBYTECODE=1
EXPOSE 8080
HEALTHCHECK --start-period=60s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=5)"]
# The program itself is process 1: SIGTERM reaches it. Without GLCIC_JAX_TOKEN it does not start.
ENTRYPOINT ["glcic-jax"]
CMD ["serve", "--host", "0.0.0.0"]
