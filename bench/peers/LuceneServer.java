/*
 * Suggests titles with Lucene over HTTP, on one thread. Arguments: `infix` (AnalyzingInfixSuggester) or `completion`
 * (PrefixCompletionQuery, and FuzzyCompletionQuery if it finds nothing); a file with a title, a tab, and a weight on each
 * line; a folder for the index. Prints a line with the port and the costs of the index.
 */
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.custom.CustomAnalyzer;
import org.apache.lucene.codecs.PostingsFormat;
import org.apache.lucene.codecs.lucene912.Lucene912Codec;
import org.apache.lucene.document.Document;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.suggest.FileDictionary;
import org.apache.lucene.search.suggest.InputIterator;
import org.apache.lucene.search.suggest.analyzing.AnalyzingInfixSuggester;
import org.apache.lucene.search.suggest.document.Completion912PostingsFormat;
import org.apache.lucene.search.suggest.document.FuzzyCompletionQuery;
import org.apache.lucene.search.suggest.document.PrefixCompletionQuery;
import org.apache.lucene.search.suggest.document.SuggestField;
import org.apache.lucene.search.suggest.document.SuggestIndexSearcher;
import org.apache.lucene.search.suggest.document.TopSuggestDocs;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.BytesRef;

public class LuceneServer {
  private static final int LIMIT = 10;
  private static final String FIELD = "title";

  /** Returns suggestions as JSON objects. */
  private interface Suggester {
    Stream<String> suggest(String query) throws IOException;
  }

  public static void main(String[] args) throws IOException {
    // Load the classes first, so that they are not included in the measurements.
    Path one = Files.writeString(Path.of(args[2] + "-one.tsv"), "a\t1\n");
    create(args[0], FSDirectory.open(Path.of(args[2] + "-one")), one).suggest("a");
    long empty = usedHeap();
    long started = System.nanoTime();
    Directory directory = FSDirectory.open(Path.of(args[2]));
    Suggester suggester = create(args[0], directory, Path.of(args[1]));
    suggester.suggest("a");
    double seconds = (System.nanoTime() - started) / 1e9;
    long bytes = usedHeap() - empty;
    for (String file : directory.listAll()) bytes += directory.fileLength(file);
    HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newFixedThreadPool(1));
    server.createContext("/", exchange -> {
      // The query is the first parameter.
      String parameters = exchange.getRequestURI().getRawQuery();
      String json = parameters == null ? "{}" : answer(suggester, parameters.replaceFirst("^q=", "").replaceFirst("&.*", ""));
      byte[] body = json.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    System.out.printf("listening on %d; %d bytes; %.3f s%n", server.getAddress().getPort(), bytes, seconds);
  }

  private static String answer(Suggester suggester, String encoded) throws IOException {
    Stream<String> suggestions = suggester.suggest(URLDecoder.decode(encoded, StandardCharsets.UTF_8));
    return "{\"suggestions\":[" + suggestions.collect(Collectors.joining(",")) + "]}";
  }

  private static Suggester create(String kind, Directory directory, Path titles) throws IOException {
    InputIterator iterator = new FileDictionary(Files.newInputStream(titles)).getEntryIterator();
    return kind.equals("infix") ? infix(directory, iterator) : completion(directory, iterator);
  }

  private static long usedHeap() {
    // A single garbage collection does not free everything.
    for (int time = 0; time < 3; time++) System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  /** Finds all words in any order, the last one as a prefix. The index is sorted by weight, so a search ends early. */
  private static Suggester infix(Directory directory, InputIterator titles) throws IOException {
    AnalyzingInfixSuggester suggester = new AnalyzingInfixSuggester(directory, analyzer("whitespace"));
    suggester.build(titles);
    return query -> suggester.lookup(query, LIMIT, true, false).stream().map(found -> json(found.key, found.value));
  }

  /** Finds titles that begin with the query, in a finite state transducer on the heap. */
  private static Suggester completion(Directory directory, InputIterator titles) throws IOException {
    Analyzer analyzer = analyzer("keyword");
    PostingsFormat format = new Completion912PostingsFormat();
    IndexWriterConfig config = new IndexWriterConfig(analyzer).setCodec(new Lucene912Codec() {
      @Override
      public PostingsFormat getPostingsFormatForField(String field) {
        return field.equals(FIELD) ? format : super.getPostingsFormatForField(field);
      }
    });
    try (IndexWriter writer = new IndexWriter(directory, config)) {
      for (BytesRef title = titles.next(); title != null; title = titles.next()) {
        Document document = new Document();
        document.add(new SuggestField(FIELD, title.utf8ToString(), (int) titles.weight()));
        writer.addDocument(document);
      }
      writer.forceMerge(1);
    }
    SuggestIndexSearcher searcher = new SuggestIndexSearcher(DirectoryReader.open(directory));
    return query -> {
      Term term = new Term(FIELD, query);
      TopSuggestDocs found = searcher.suggest(new PrefixCompletionQuery(analyzer, term), LIMIT, false);
      if (found.scoreDocs.length == 0) found = searcher.suggest(new FuzzyCompletionQuery(analyzer, term), LIMIT, false);
      return Arrays.stream(found.scoreLookupDocs()).map(one -> json(one.key, (long) one.score));
    };
  }

  private static Analyzer analyzer(String tokenizer) throws IOException {
    return CustomAnalyzer.builder().withTokenizer(tokenizer).addTokenFilter("lowercase").addTokenFilter("asciifolding").build();
  }

  private static String json(CharSequence text, long score) {
    String escaped = text.toString().replace("\\", "\\\\").replace("\"", "\\\"");
    return "{\"text\":\"" + escaped + "\",\"score\":" + score + "}";
  }
}
