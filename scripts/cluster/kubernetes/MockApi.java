import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Dispatcher;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.regex.Pattern;

/** The API of Kubernetes in memory, over http, on a free port of the loopback interface. */
public final class MockApi {
  private static final Pattern PODS = Pattern.compile("/api/v1/namespaces/[^/]+/pods(\\?.*)?");

  private MockApi() {}

  /** Prints "ready" and the port, and answers until the process is ended. */
  public static void main(String[] arguments) throws Exception {
    KubernetesCrudDispatcher crud = new KubernetesCrudDispatcher();
    Dispatcher withStatus =
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            boolean isNewPod = request.getMethod().equals("POST") && PODS.matcher(request.getPath()).matches();
            return crud.dispatch(isNewPod ? pending(request) : request);
          }
        };
    KubernetesMockServer server =
        new KubernetesMockServer(new Context(), new MockWebServer(), new HashMap<>(), withStatus, false);
    server.init(InetAddress.getByName("127.0.0.1"), 0);
    System.out.println("ready " + server.getPort());
    Thread.currentThread().join();
  }

  /**
   * An API server gives a new pod the phase Pending. Without a phase, Spark's ExecutorPodsSnapshot ends with a
   * NullPointerException.
   */
  private static RecordedRequest pending(RecordedRequest request) {
    Pod pod = Serialization.unmarshal(request.getUtf8Body(), Pod.class);
    Pod told = new PodBuilder(pod).editOrNewStatus().withPhase("Pending").endStatus().build();
    Buffer body = new Buffer(Serialization.asJson(told).getBytes(StandardCharsets.UTF_8));
    return new RecordedRequest(
        request.getHttpVersion(), request.method(), request.getPath(), request.getHeaders(), body);
  }
}
