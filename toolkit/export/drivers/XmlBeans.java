// Reads XML with the classes that xmlbeans made and writes it back: `java XmlBeans.java - FOLDER`. For each N.xml there is N.out
// afterwards, or N.err with the reason: that no class was made of its root, or what its classes refuse.
import java.io.File;
import java.nio.file.Files;
import java.util.ArrayList;
import org.apache.xmlbeans.XmlError;
import org.apache.xmlbeans.XmlObject;
import org.apache.xmlbeans.XmlOptions;

public class XmlBeans {
    public static void main(String[] words) throws Exception {
        for (File file : new File(words[1]).listFiles((folder, name) -> name.endsWith(".xml"))) {
            String stem = file.getPath().replaceAll("xml$", "");
            String fault = "";
            try {
                XmlObject bound = XmlObject.Factory.parse(file);
                ArrayList<XmlError> faults = new ArrayList<>();
                if (bound.schemaType().isBuiltinType()) fault = "no class was made of its root";
                if (!bound.validate(new XmlOptions().setErrorListener(faults))) fault = String.valueOf(faults.get(0));
                bound.save(new File(stem + "out"));
            } catch (Exception error) {
                fault = String.valueOf(error);
            }
            if (!fault.isEmpty()) {
                new File(stem + "out").delete();
                Files.writeString(new File(stem + "err").toPath(), fault);
            }
        }
    }
}
