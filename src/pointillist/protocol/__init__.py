"""The wire between kernel and browser, written once: traits, columns, messages, bytes.

`protocol_ts.py` prints the TypeScript half of this folder to `js/src/protocol.gen.ts`.

Three lanes. A *trait* is small state that survives a reload. A *column* is anything of length n: it is
asked for with a message and travels as bytes. A *message* is a question or an action with an id.

Envelopes (JSON part of a custom message; bytes ride as the message's top-level buffers):

    browser -> kernel   {"protocol": 1, "client": "k3f9…", "id": 7, "ask": "column", "params": {…}}
    kernel -> browser   {"client": "k3f9…", "id": 7, "answer": {…}}          exactly one of these two
                        {"client": "k3f9…", "id": 7, "error": {…}}           for every question
    kernel -> browser   {"event": "selection", "params": {…}}                to every view

A question can be taken back with the question `cancel`; its answer is then an error of kind `cancelled`.
Every `params`, `answer` and event that carries bytes lists them in `buffers`, in the order of the message's buffers;
the receiver checks dtype, shape and byte length before use. All numbers are little-endian.
"""
