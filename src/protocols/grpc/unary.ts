/**
 * The shape of every rpc with one request and one answer: work that is a promise, its error a
 * status. `outcome` is for the rpcs that report a wrong request inside their answer.
 */
import type { handleUnaryCall } from "@grpc/grpc-js";
import { requestError, statusOf } from "./grpc-status.ts";
import type { OutcomeMessage } from "./messages.ts";

/** Makes a handler of a function from request to answer. */
export function unary<Request, Response>(
  serve: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    serve(call.request).then(
      (response) => callback(null, response),
      (thrown: unknown) => callback(statusOf(thrown)),
    );
  };
}

/** As unary, but a request that is wrong is answered with success = false. */
export function outcome<Request, Response extends object>(
  serve: (request: Request) => Promise<Response>,
): handleUnaryCall<Request, OutcomeMessage & Partial<Response>> {
  return unary(async (request: Request) => {
    try {
      return { success: true, error: "", error_code: "", ...(await serve(request)) };
    } catch (thrown) {
      const error = requestError(thrown);
      return { success: false, error: error.message, error_code: error.code } as OutcomeMessage &
        Partial<Response>;
    }
  });
}
